#include "formats/safetensors.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "formats/test_files.h"

namespace martlet {
namespace {

constexpr std::string_view kHeader =
    R"({"__metadata__":{"format":"pt"},)"
    R"("b":{"dtype":"F32","shape":[2,2],"data_offsets":[4,20]},)"
    R"("a":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]},)"
    R"("empty":{"dtype":"I64","shape":[3,0],"data_offsets":[4,4]},)"
    R"("scalar":{"dtype":"U8","shape":[],"data_offsets":[20,21]}})";

std::string valid_file() {
  return safetensors_bytes(
      kHeader, std::string("\x80\x3F\x00\xC0", 4) + float_bytes({1, 2, 3, 4}) + "!"
  );
}

Result<std::vector<Tensor>> parse(std::string_view bytes) {
  return parse_safetensors(as_bytes(bytes), "f");
}

/// What a file with this header and `data_size` bytes of data is refused with.
std::string refusal(std::string_view header, std::size_t data_size) {
  const std::string bytes = safetensors_bytes(header, std::string(data_size, 'x'));
  const Status status = parse(bytes).status();
  EXPECT_EQ(status.code(), StatusCode::kInvalidModel) << header;
  return status.message();
}

/// The same for a file of one tensor.
std::string tensor_refusal(std::string_view members, std::size_t data_size = 4) {
  return refusal(fmt::format(R"({{"t":{{{}}}}})", members), data_size);
}

TEST(SafetensorsTest, GivesTheTensorsInFileOrder) {
  const std::string bytes = valid_file();
  std::map<std::string, std::string> metadata;
  const auto tensors = parse_safetensors(as_bytes(bytes), "f", &metadata);
  ASSERT_TRUE(tensors) << tensors.status().message();
  ASSERT_EQ(tensors->size(), 4U);
  EXPECT_EQ(metadata, (std::map<std::string, std::string>{{"format", "pt"}}));
  EXPECT_EQ((*tensors)[0].name, "a");
  EXPECT_EQ((*tensors)[1].name, "empty");
  EXPECT_EQ((*tensors)[1].elements(), 0);
  EXPECT_EQ((*tensors)[2].name, "b");
  EXPECT_EQ((*tensors)[2].shape, (std::vector<std::int64_t>{2, 2}));
  EXPECT_EQ((*tensors)[2].elements(), 4);
  EXPECT_EQ((*tensors)[3].elements(), 1);
  std::vector<float> values(2);
  ASSERT_TRUE(to_f32((*tensors)[0], values).ok());
  EXPECT_EQ(values, (std::vector<float>{1, -2}));
}

TEST(SafetensorsTest, AnEmptyHeaderIsAFileWithoutTensors) {
  EXPECT_TRUE(parse(safetensors_bytes("{}", "")).value().empty());
  EXPECT_TRUE(parse(safetensors_bytes("{}   \n", "")).value().empty());
}

TEST(SafetensorsTest, LyingLengths) {
  std::string bytes = valid_file();
  for (const std::uint64_t length :
       {std::uint64_t{0}, std::uint64_t{1}, kHeader.size() - 1, kHeader.size() + 1, bytes.size(),
        std::uint64_t{100'000'001}, std::uint64_t{1} << 63, ~std::uint64_t{0}}) {
    std::memcpy(bytes.data(), &length, sizeof(length));
    EXPECT_EQ(parse(bytes).status().code(), StatusCode::kInvalidModel) << length;
  }
}

TEST(SafetensorsTest, EveryTruncationAndExtensionIsRefused) {
  const std::string bytes = valid_file();
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_EQ(parse(bytes.substr(0, size)).status().code(), StatusCode::kInvalidModel) << size;
  }
  EXPECT_EQ(parse(bytes + "x").status().code(), StatusCode::kInvalidModel);
}

TEST(SafetensorsTest, EveryBitFlipOfTheHeaderIsRefusedOrHarmless) {
  const std::string good = valid_file();
  const std::size_t header_end = 8 + kHeader.size();
  for (std::size_t bit = 0; bit < header_end * 8; ++bit) {
    std::string bytes = good;
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
    const auto tensors = parse(bytes);
    if (!tensors) {
      EXPECT_EQ(tensors.status().code(), StatusCode::kInvalidModel) << bit;
      continue;
    }
    // A name, a metadata text, or a type of the same size changed: the bytes are where they were.
    std::size_t total = 0;
    for (const Tensor& tensor : *tensors) total += tensor.data.size();
    EXPECT_EQ(total, good.size() - header_end) << bit;
  }
}

TEST(SafetensorsTest, HeadersThatAreNotWhatTheyMustBe) {
  EXPECT_NE(refusal("[]", 0).find("'{'"), std::string::npos);
  EXPECT_NE(refusal(" {}", 0).find("'{'"), std::string::npos);
  EXPECT_NE(refusal("{} {}", 0).find("invalid JSON"), std::string::npos);
  EXPECT_NE(refusal(R"({"t":1})", 0).find("expected an object"), std::string::npos);
  EXPECT_NE(refusal(R"({"__metadata__":1})", 0).find("expected an object"), std::string::npos);
  EXPECT_NE(refusal(R"({"__metadata__":{"a":1}})", 0).find("expected a string"), std::string::npos);
  std::string deep(100'000, '[');
  refusal("{\"t\":" + deep, 0);
}

TEST(SafetensorsTest, DuplicateKeysAreRefused) {
  const std::string entry = R"("t":{"dtype":"U8","shape":[1],"data_offsets":[0,1]})";
  EXPECT_NE(refusal("{" + entry + "," + entry + "}", 1).find("\"t\" twice"), std::string::npos);
  tensor_refusal(R"("dtype":"U8","dtype":"I8","shape":[1],"data_offsets":[0,1])", 1);
}

TEST(SafetensorsTest, WrongMembers) {
  EXPECT_EQ(
      tensor_refusal(R"("dtype":"F33","shape":[1],"data_offsets":[0,4])"),
      "[f] tensor \"t\": dtype: got \"F33\", expected F32, F16, BF16, F64, BOOL or I8 to U64"
  );
  tensor_refusal(R"("dtype":"f32","shape":[1],"data_offsets":[0,4])");
  tensor_refusal(R"("dtype":1,"shape":[1],"data_offsets":[0,4])");
  tensor_refusal(R"("shape":[1],"data_offsets":[0,4])");
  tensor_refusal(R"("dtype":"F32","data_offsets":[0,4])");
  tensor_refusal(R"("dtype":"F32","shape":[1])");
  tensor_refusal(R"("dtype":"F32","shape":1,"data_offsets":[0,4])");
  tensor_refusal(R"("dtype":"F32","shape":[-1],"data_offsets":[0,4])");
  tensor_refusal(R"("dtype":"F32","shape":[1.0],"data_offsets":[0,4])");
  tensor_refusal(R"("dtype":"F32","shape":["1"],"data_offsets":[0,4])");
  tensor_refusal(R"("dtype":"F32","shape":[1],"data_offsets":[0,4,8])");
  tensor_refusal(R"("dtype":"F32","shape":[1],"data_offsets":[4,0])");
  tensor_refusal(R"("dtype":"F32","shape":[1],"data_offsets":[-4,0])");
  tensor_refusal(R"("dtype":"F32","shape":[1],"data_offsets":[0,4.0])");
  tensor_refusal(R"("dtype":"F32","shape":[1],"data_offsets":{"a":0,"b":4})");
}

TEST(SafetensorsTest, ShapesThatDoNotFitTheOffsets) {
  tensor_refusal(R"("dtype":"F32","shape":[2],"data_offsets":[0,4])");
  tensor_refusal(R"("dtype":"F32","shape":[1],"data_offsets":[0,8])");
  tensor_refusal(R"("dtype":"F32","shape":[1],"data_offsets":[0,4])", 3);
  tensor_refusal(R"("dtype":"F32","shape":[1],"data_offsets":[0,4])", 5);
  // Products that wrap around 2^64 to something that fits.
  tensor_refusal(R"("dtype":"F32","shape":[4611686018427387905],"data_offsets":[0,4])");
  tensor_refusal(R"("dtype":"U8","shape":[4294967296,4294967296],"data_offsets":[0,0])", 0);
  tensor_refusal(R"("dtype":"U8","shape":[4294967296,4294967296,0],"data_offsets":[0,0])", 0);
  tensor_refusal(R"("dtype":"U8","shape":[18446744073709551615],"data_offsets":[0,4])");
}

TEST(SafetensorsTest, OverlapsAndGaps) {
  const auto two = [](int begin1, int end1, int begin2, int end2) {
    return fmt::format(
        R"({{"s":{{"dtype":"U8","shape":[{}],"data_offsets":[{},{}]}},)"
        R"("t":{{"dtype":"U8","shape":[{}],"data_offsets":[{},{}]}}}})",
        end1 - begin1, begin1, end1, end2 - begin2, begin2, end2
    );
  };
  EXPECT_TRUE(parse(safetensors_bytes(two(0, 4, 4, 8), "12345678")));
  EXPECT_NE(refusal(two(0, 4, 3, 7), 7).find("overlaps"), std::string::npos);
  EXPECT_NE(refusal(two(0, 8, 2, 4), 8).find("overlaps"), std::string::npos);
  EXPECT_NE(refusal(two(0, 4, 0, 4), 4).find("overlaps"), std::string::npos);
  EXPECT_NE(refusal(two(0, 4, 5, 9), 9).find("gap"), std::string::npos);
  EXPECT_NE(refusal(two(1, 4, 4, 8), 8).find("gap"), std::string::npos);
  EXPECT_NE(refusal(two(0, 4, 4, 8), 7).find("cut off"), std::string::npos);
  EXPECT_NE(refusal(two(0, 4, 4, 8), 9).find("too long"), std::string::npos);
}

TEST(SafetensorsTest, TooManyAndTooLong) {
  std::string header = "{";
  for (int i = 0; i <= 100'000; ++i) {
    header += fmt::format(R"("{}":{{"dtype":"U8","shape":[0],"data_offsets":[0,0]}},)", i);
  }
  header.back() = '}';
  EXPECT_NE(refusal(header, 0).find("100001 tensors"), std::string::npos);
  const std::string name(2000, 'n');
  refusal(fmt::format(R"({{"{}":{{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}}})", name), 0);
  std::string sizes = "1";
  for (int i = 0; i < 64; ++i) sizes += ",1";
  tensor_refusal(fmt::format(R"("dtype":"F32","shape":[{}],"data_offsets":[0,4])", sizes));
}

TEST(SafetensorsTest, OnlyFloatsConvert) {
  const std::string data(8, '\0');
  for (const Dtype dtype : {Dtype::kBool, Dtype::kU8, Dtype::kI64, Dtype::kF64}) {
    const Tensor tensor{"t", dtype, {1}, as_bytes(data).first(size_of(dtype))};
    float out = 1;
    EXPECT_EQ(to_f32(tensor, {&out, 1}).code(), StatusCode::kUnsupported) << to_string(dtype);
  }
  const Tensor half{"t", Dtype::kF16, {1}, as_bytes(std::string_view("\x00\x3C", 2))};
  float out = 0;
  ASSERT_TRUE(to_f32(half, {&out, 1}).ok());
  EXPECT_EQ(out, 1.0F);
}

class SafetensorsFileTest : public DirectoryTest {};

TEST_F(SafetensorsFileTest, WhatIsWrittenIsRead) {
  const std::string bytes = valid_file();
  const auto tensors = parse(bytes).value();
  ASSERT_TRUE(write_safetensors(path("f"), tensors, {{"format", "pt"}, {"k", "\"v\n"}}).ok());
  EXPECT_EQ(entries(), 1U);
  auto opened = Safetensors::open(path("f"));
  ASSERT_TRUE(opened) << opened.status().message();
  const Safetensors file = std::move(*opened);
  EXPECT_EQ(file.metadata().at("k"), "\"v\n");
  ASSERT_EQ(file.tensors().size(), tensors.size());
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    EXPECT_EQ(file.tensors()[i].name, tensors[i].name);
    EXPECT_EQ(file.tensors()[i].dtype, tensors[i].dtype);
    EXPECT_EQ(file.tensors()[i].shape, tensors[i].shape);
    EXPECT_TRUE(std::ranges::equal(file.tensors()[i].data, tensors[i].data));
  }
}

TEST_F(SafetensorsFileTest, TheWriterRefusesWhatAReaderWould) {
  const std::string data(8, 'x');
  const Tensor good{"t", Dtype::kU8, {8}, as_bytes(data)};
  const std::vector<std::vector<Tensor>> bad = {
      {good, good},
      {{"t", Dtype::kU8, {7}, as_bytes(data)}},
      {{"t", Dtype::kU8, {-8}, as_bytes(data)}},
      {{"__metadata__", Dtype::kU8, {8}, as_bytes(data)}},
      {{"t", Dtype::kF32, {std::int64_t{1} << 62, 4}, {}}},
  };
  for (const auto& tensors : bad) {
    EXPECT_EQ(write_safetensors(path("f"), tensors, {}).code(), StatusCode::kInvalidArgument);
  }
  EXPECT_EQ(entries(), 0U);
}

TEST_F(SafetensorsFileTest, MissingOrADirectory) {
  EXPECT_EQ(Safetensors::open(path("none")).status().code(), StatusCode::kNotFound);
  EXPECT_EQ(Safetensors::open(path("")).status().code(), StatusCode::kInvalidInput);
  write("zero", "");
  EXPECT_EQ(Safetensors::open(path("zero")).status().code(), StatusCode::kInvalidModel);
}

}  // namespace
}  // namespace martlet

#include "server/v2/tensor.h"

#include <gtest/gtest.h>

#include <cstring>

namespace martlet {
namespace {

template <class T>
std::string bytes_of(std::initializer_list<T> values) {
  std::string out;
  for (const T value : values) out.append(reinterpret_cast<const char*>(&value), sizeof value);
  return out;
}

TEST(V2TensorTest, KnowsEveryType) {
  for (const char* name :
       {"BOOL", "UINT8", "UINT16", "UINT32", "UINT64", "INT8", "INT16", "INT32", "INT64", "FP16",
        "BF16", "FP32", "FP64", "BYTES"}) {
    const auto type = parse_v2_type(name);
    ASSERT_TRUE(type) << name;
    EXPECT_EQ(to_string(*type), name);
  }
  for (const char* bad : {"", "bytes", "STRING", "FP8"}) EXPECT_FALSE(parse_v2_type(bad)) << bad;
}

TEST(V2TensorTest, ShapesAreChecked) {
  const auto count = [](std::vector<int64_t> shape) { return element_count(shape); };
  EXPECT_EQ(*count({}), 1U);
  EXPECT_EQ(*count({3, 2}), 6U);
  EXPECT_EQ(*count({0, 5}), 0U);
  EXPECT_FALSE(count({-1}));
  EXPECT_FALSE(count({int64_t{1} << 40, int64_t{1} << 40}));
  EXPECT_FALSE(count({int64_t{1} << 31}));
}

TEST(V2TensorTest, ReadsEveryTypeRaw) {
  const auto decode = [](V2Type type, const std::string& raw) {
    V2Tensor tensor{
        .name = "t", .type = type, .shape = {2}, .texts = {}, .integers = {}, .numbers = {}
    };
    EXPECT_TRUE(decode_raw(raw, tensor).ok());
    return tensor;
  };
  using Integers = std::vector<int64_t>;
  using Numbers = std::vector<double>;
  EXPECT_EQ(decode(V2Type::kBool, bytes_of<int8_t>({0, 7})).integers, (Integers{0, 1}));
  EXPECT_EQ(decode(V2Type::kUint8, bytes_of<uint8_t>({1, 255})).integers, (Integers{1, 255}));
  EXPECT_EQ(decode(V2Type::kInt16, bytes_of<int16_t>({-1, 2})).integers, (Integers{-1, 2}));
  EXPECT_EQ(
      decode(V2Type::kUint32, bytes_of<uint32_t>({1, 4000000000})).integers,
      (Integers{1, 4000000000})
  );
  EXPECT_EQ(decode(V2Type::kInt64, bytes_of<int64_t>({-5, 6})).integers, (Integers{-5, 6}));
  EXPECT_EQ(decode(V2Type::kUint64, bytes_of<uint64_t>({5, 6})).integers, (Integers{5, 6}));
  EXPECT_EQ(decode(V2Type::kFp16, bytes_of<uint16_t>({0x3C00, 0xC000})).numbers, (Numbers{1, -2}));
  EXPECT_EQ(decode(V2Type::kBf16, bytes_of<uint16_t>({0x3F80, 0xC000})).numbers, (Numbers{1, -2}));
  EXPECT_EQ(decode(V2Type::kFp32, bytes_of<float>({1.5F, -2})).numbers, (Numbers{1.5, -2}));
  EXPECT_EQ(decode(V2Type::kFp64, bytes_of<double>({1.5, -2})).numbers, (Numbers{1.5, -2}));
}

TEST(V2TensorTest, RawDataIsExactlyAsLong) {
  for (const std::size_t size : {7U, 9U}) {
    V2Tensor tensor{
        .name = "t",
        .type = V2Type::kInt32,
        .shape = {2},
        .texts = {},
        .integers = {},
        .numbers = {}
    };
    EXPECT_EQ(decode_raw(std::string(size, '\0'), tensor).code(), StatusCode::kInvalidInput);
  }
  V2Tensor huge{
      .name = "t", .type = V2Type::kUint64, .shape = {1}, .texts = {}, .integers = {}, .numbers = {}
  };
  EXPECT_FALSE(decode_raw(std::string(8, '\xFF'), huge).ok());
}

TEST(V2TensorTest, TextsAreNotWithoutEnd) {
  for (const std::size_t texts : {kMaxTexts, kMaxTexts + 1}) {
    V2Tensor tensor;
    tensor.shape = {static_cast<int64_t>(texts)};
    const Status status = decode_raw(std::string(4 * texts, '\0'), tensor);
    EXPECT_EQ(status.ok(), texts == kMaxTexts) << status.message();
  }
}

TEST(V2TensorTest, BytesElementsSayTheirLength) {
  const auto decode = [](const std::string& raw, V2Tensor& tensor) {
    tensor = {
        .name = "t",
        .type = V2Type::kBytes,
        .shape = {2},
        .texts = {},
        .integers = {},
        .numbers = {}
    };
    return decode_raw(raw, tensor);
  };
  const std::string nul("a\0b", 3);
  const std::string good = bytes_of<uint32_t>({3}) + nul + bytes_of<uint32_t>({0});
  V2Tensor tensor;
  ASSERT_TRUE(decode(good, tensor).ok());
  EXPECT_EQ(tensor.texts, (std::vector<std::string>{nul, ""}));
  for (const std::string& bad :
       {good + "x", good.substr(0, good.size() - 1), good.substr(0, 5), std::string(),
        bytes_of<uint32_t>({0xFFFFFFFF, 0})})
    EXPECT_EQ(decode(bad, tensor).code(), StatusCode::kInvalidInput);
}

}  // namespace
}  // namespace martlet

#include <gtest/gtest.h>

#include <cstring>

#include "server/grpc/v2_messages.h"

namespace martlet {
namespace {

using inference::ModelInferRequest;

ModelInferRequest::InferInputTensor& add_input(
    ModelInferRequest& request, const std::string& datatype, std::vector<int64_t> shape
) {
  auto& input = *request.add_inputs();
  input.set_name("text");
  input.set_datatype(datatype);
  input.mutable_shape()->Add(shape.begin(), shape.end());
  return input;
}

std::string element(std::string_view text) {
  const auto length = static_cast<uint32_t>(text.size());
  std::string raw(sizeof length, '\0');
  std::memcpy(raw.data(), &length, sizeof length);
  return raw + std::string(text);
}

std::string failure(const ModelInferRequest& request) {
  const auto read = read_infer_request(request);
  if (read) return "";
  EXPECT_EQ(read.error().code(), StatusCode::kInvalidInput);
  return read.error().message();
}

TEST(V2Request, TypedTexts) {
  ModelInferRequest request;
  request.set_id("42");
  auto& input = add_input(request, "BYTES", {2});
  input.mutable_contents()->add_bytes_contents("good");
  input.mutable_contents()->add_bytes_contents(std::string("b\0d", 3));
  const auto read = read_infer_request(request);
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(read->id, "42");
  ASSERT_EQ(read->inputs.size(), 1);
  EXPECT_EQ(read->inputs[0].texts, (std::vector<std::string>{"good", std::string("b\0d", 3)}));
}

TEST(V2Request, RawTexts) {
  ModelInferRequest request;
  add_input(request, "BYTES", {2, 1});
  request.add_raw_input_contents(element(std::string("a\0b", 3)) + element(""));
  const auto read = read_infer_request(request);
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(read->inputs[0].texts, (std::vector<std::string>{std::string("a\0b", 3), ""}));
  EXPECT_EQ(read->inputs[0].shape, (std::vector<int64_t>{2, 1}));
}

TEST(V2Request, RawTextsThatDoNotFit) {
  const std::string good = element("good");
  for (const std::string& raw :
       {std::string(), good.substr(0, 3), good.substr(0, 7), good + "x", good + good}) {
    ModelInferRequest request;
    add_input(request, "BYTES", {1});
    request.add_raw_input_contents(raw);
    EXPECT_NE(failure(request), "") << raw.size();
  }
  ModelInferRequest negative;
  add_input(negative, "BYTES", {-1});
  negative.add_raw_input_contents(good);
  EXPECT_NE(failure(negative), "");
}

TEST(V2Request, RawAndTypedContentsDoNotMix) {
  ModelInferRequest request;
  add_input(request, "BYTES", {1}).mutable_contents()->add_bytes_contents("good");
  request.add_raw_input_contents(element("good"));
  EXPECT_NE(failure(request).find("raw_input_contents and typed contents"), std::string::npos);
}

TEST(V2Request, OneRawContentPerInput) {
  ModelInferRequest request;
  add_input(request, "BYTES", {1});
  request.add_raw_input_contents(element("good"));
  request.add_raw_input_contents(element("bad"));
  EXPECT_NE(failure(request).find("got 2, expected one for each of 1"), std::string::npos);
}

TEST(V2Request, TypedContentsInTheWrongList) {
  ModelInferRequest request;
  auto& contents = *add_input(request, "BYTES", {1}).mutable_contents();
  contents.add_bytes_contents("good");
  contents.add_fp32_contents(1);
  EXPECT_NE(failure(request).find("contents that are not BYTES"), std::string::npos);
}

TEST(V2Request, TypedContentsOfAnotherCount) {
  ModelInferRequest request;
  add_input(request, "BYTES", {2}).mutable_contents()->add_bytes_contents("good");
  EXPECT_NE(failure(request), "");
}

TEST(V2Request, HalfFloatsHaveNoTypedContents) {
  for (const char* type : {"FP16", "BF16"}) {
    ModelInferRequest request;
    add_input(request, type, {0});
    EXPECT_NE(failure(request).find("no typed contents"), std::string::npos) << type;
  }
}

TEST(V2Request, UnknownDatatype) {
  for (const char* type : {"STRING", "bytes", ""}) {
    ModelInferRequest request;
    add_input(request, type, {0});
    EXPECT_NE(failure(request), "") << type;
  }
}

/// Sets one typed element of a datatype; false: out of range.
struct TypedCase {
  const char* datatype;
  int64_t value;
  bool good;
};

class V2TypedIntegers : public testing::TestWithParam<TypedCase> {};

TEST_P(V2TypedIntegers, AreCheckedForTheirRange) {
  const auto& [datatype, value, good] = GetParam();
  ModelInferRequest request;
  auto& contents = *add_input(request, datatype, {1}).mutable_contents();
  const std::string_view type = datatype;
  if (type == "INT64") {
    contents.add_int64_contents(value);
  } else if (type == "UINT64") {
    contents.add_uint64_contents(static_cast<uint64_t>(value));
  } else if (type.starts_with("U")) {
    contents.add_uint_contents(static_cast<uint32_t>(value));
  } else {
    contents.add_int_contents(static_cast<int32_t>(value));
  }
  const auto read = read_infer_request(request);
  ASSERT_EQ(read.has_value(), good);
  if (good) EXPECT_EQ(read->inputs[0].integers, std::vector<int64_t>{value});
}

INSTANTIATE_TEST_SUITE_P(
    All, V2TypedIntegers,
    testing::Values(
        TypedCase{"INT8", 127, true}, TypedCase{"INT8", 128, false}, TypedCase{"INT8", -128, true},
        TypedCase{"INT8", -129, false}, TypedCase{"INT16", 32768, false},
        TypedCase{"INT32", -2147483648LL, true}, TypedCase{"INT64", 1LL << 62, true},
        TypedCase{"UINT8", 255, true}, TypedCase{"UINT8", 256, false},
        TypedCase{"UINT16", 65536, false}, TypedCase{"UINT32", 4294967295LL, true},
        TypedCase{"UINT64", 1LL << 62, true}, TypedCase{"UINT64", -1, false}
    )
);

TEST(V2Request, TypedNumbersAndBooleans) {
  ModelInferRequest request;
  add_input(request, "FP32", {1}).mutable_contents()->add_fp32_contents(0.5F);
  add_input(request, "FP64", {1}).mutable_contents()->add_fp64_contents(0.25);
  add_input(request, "BOOL", {2}).mutable_contents()->mutable_bool_contents()->Add(true);
  request.mutable_inputs(2)->mutable_contents()->add_bool_contents(false);
  const auto read = read_infer_request(request);
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(read->inputs[0].numbers, std::vector<double>{0.5});
  EXPECT_EQ(read->inputs[1].numbers, std::vector<double>{0.25});
  EXPECT_EQ(read->inputs[2].integers, (std::vector<int64_t>{1, 0}));
}

TEST(V2Request, Parameters) {
  ModelInferRequest request;
  auto& parameters = *request.mutable_parameters();
  parameters["truncate"].set_bool_param(false);
  parameters["priority"].set_uint64_param(1);
  parameters["timeout"].set_int64_param(1000);
  parameters["note"].set_string_param("x");
  (*request.add_outputs()->mutable_parameters())["classification"].set_int64_param(2);
  const auto read = read_infer_request(request);
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(*find_parameter(read->parameters, "truncate"), V2Value(false));
  EXPECT_EQ(*find_parameter(read->parameters, "priority"), V2Value(int64_t{1}));
  EXPECT_EQ(*find_parameter(read->outputs[0].parameters, "classification"), V2Value(int64_t{2}));
  parameters["empty"];
  EXPECT_NE(failure(request).find("\"empty\" has no value"), std::string::npos);
}

}  // namespace
}  // namespace martlet

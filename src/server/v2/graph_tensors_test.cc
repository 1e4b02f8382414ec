#include "server/v2/graph_tensors.h"

#include <gtest/gtest.h>

#include <cstring>

namespace martlet {
namespace {

ModelInfo graph() {
  ModelInfo info;
  info.task = ModelTask::kTensors;
  info.encoder.engine = "openvino";
  info.signature.inputs = {
      {.name = "x", .type = TensorType::kFloat32, .shape = {-1, 2}},
      {.name = "n", .type = TensorType::kInt64, .shape = {1}},
  };
  info.signature.outputs = {
      {.name = "y", .type = TensorType::kFloat32, .shape = {-1}},
      {.name = "count", .type = TensorType::kInt32, .shape = {}},
  };
  return info;
}

V2Tensor floats(std::vector<int64_t> shape, std::vector<double> values) {
  V2Tensor tensor;
  tensor.name = "x";
  tensor.type = V2Type::kFp32;
  tensor.shape = std::move(shape);
  tensor.numbers = std::move(values);
  return tensor;
}

V2Tensor number(std::string name, int64_t value) {
  V2Tensor tensor;
  tensor.name = std::move(name);
  tensor.type = V2Type::kInt64;
  tensor.shape = {1};
  tensor.integers = {value};
  return tensor;
}

Result<V2Plan> plan(std::vector<V2Tensor> inputs, std::vector<V2WantedOutput> outputs = {}) {
  V2InferRequest request;
  request.inputs = std::move(inputs);
  request.outputs = std::move(outputs);
  return plan_v2(graph(), std::move(request), {});
}

TEST(GraphTensors, MetadataIsTheGraphs) {
  const auto inputs = v2_inputs(graph());
  ASSERT_EQ(inputs.size(), 2U);
  EXPECT_EQ(inputs[0].name, "x");
  EXPECT_EQ(inputs[0].type, V2Type::kFp32);
  EXPECT_EQ(inputs[0].shape, (std::vector<int64_t>{-1, 2}));
  EXPECT_EQ(v2_outputs(graph())[1].type, V2Type::kInt32);
  EXPECT_TRUE(v2_optional_inputs(graph()).empty());
  EXPECT_EQ(v2_platform(graph()), "openvino");
}

TEST(GraphTensors, InputsComeInAnyOrder) {
  const auto planned = plan({number("n", 7), floats({2, 2}, {1, 2, 3, 4.5})});
  ASSERT_TRUE(planned) << planned.error().message();
  ASSERT_TRUE(planned->tensors);
  const auto& inputs = planned->tensors->inputs;
  ASSERT_EQ(inputs.size(), 2U);
  EXPECT_EQ(inputs[0].name, "x");
  float last = 0;
  std::memcpy(&last, inputs[0].data.data() + 12, sizeof last);
  EXPECT_EQ(last, 4.5F);
  int64_t n = 0;
  std::memcpy(&n, inputs[1].data.data(), sizeof n);
  EXPECT_EQ(n, 7);
  EXPECT_EQ(planned->tensors->outputs, (std::vector<std::string>{"y", "count"}));
  EXPECT_EQ(
      plan({number("n", 7), floats({0, 2}, {})}, {{"count"}})->tensors->outputs,
      std::vector<std::string>{"count"}
  );
}

TEST(GraphTensors, WhatTheGraphDoesNotHaveIsRefused) {
  const auto message = [](const Result<V2Plan>& planned) {
    return planned ? std::string() : planned.error().message();
  };
  const V2Tensor x = floats({1, 2}, {1, 2});
  EXPECT_EQ(message(plan({x})), "[infer] the input \"n\" is missing");
  EXPECT_EQ(message(plan({x, number("n", 1), number("m", 1)})), "[infer] there is no input \"m\"");
  EXPECT_EQ(message(plan({x, x, number("n", 1)})), "[infer] got the input \"x\" twice");
  EXPECT_EQ(
      message(plan({floats({1, 3}, {1, 2, 3}), number("n", 1)})),
      "[infer] input \"x\": shape, got [1, 3], expected [-1, 2] (-1: any)"
  );
  V2Tensor wrong = x;
  wrong.type = V2Type::kFp64;
  EXPECT_EQ(
      message(plan({wrong, number("n", 1)})),
      "[infer] input \"x\": datatype, got FP64, expected FP32"
  );
  EXPECT_FALSE(plan({floats({1, 2}, {1}), number("n", 1)}));
  EXPECT_FALSE(plan({x, number("n", 1)}, {{"z"}}));
}

/// Every type comes back as the bytes it was.
TEST(GraphTensors, TypesKeepTheirBits) {
  for (const V2Type type :
       {V2Type::kBool, V2Type::kUint8, V2Type::kUint16, V2Type::kUint32, V2Type::kUint64,
        V2Type::kInt8, V2Type::kInt16, V2Type::kInt32, V2Type::kInt64, V2Type::kFp16, V2Type::kBf16,
        V2Type::kFp32, V2Type::kFp64}) {
    V2Tensor tensor;
    tensor.name = "t";
    tensor.type = type;
    tensor.shape = {2};
    std::string raw(2 * element_size(type), '\x01');
    ASSERT_TRUE(decode_raw(raw, tensor).ok());
    ModelSignature signature;
    for (int ours = 0; ours <= static_cast<int>(TensorType::kBool); ++ours) {
      signature.inputs = {{.name = "t", .type = static_cast<TensorType>(ours), .shape = {2}}};
      if (v2_tensors(signature.inputs)[0].type != type) continue;
      auto inputs = read_v2_tensors(signature, {tensor});
      ASSERT_TRUE(inputs) << inputs.error().message();
      std::string again;
      append_raw(make_v2_answer(*std::move(inputs)).outputs[0], again);
      EXPECT_EQ(again, raw) << to_string(type);
    }
  }
}

TEST(GraphTensors, ImagesAreFiles) {
  ModelInfo info = graph();
  info.task = ModelTask::kImageClassification;
  V2Tensor images;
  images.name = "image";
  images.shape = {2};
  images.texts = {"a", "b"};
  V2InferRequest request;
  request.inputs = {images};
  const auto planned = plan_v2(info, std::move(request), {});
  ASSERT_TRUE(planned) << planned.error().message();
  EXPECT_FALSE(planned->tensors);
  ASSERT_EQ(planned->inputs.size(), 2U);
  EXPECT_EQ(planned->inputs[1].text, "b");
  EXPECT_EQ(planned->outputs[0].name, "logits");
  V2InferRequest mixed;
  mixed.inputs = {images, number("n", 1)};
  EXPECT_FALSE(plan_v2(info, std::move(mixed), {}));
}

}  // namespace
}  // namespace martlet

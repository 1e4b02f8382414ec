// Models that are written, read back and compared; files that lie.
#include <gtest/gtest.h>

#include "formats/onnx/fields.h"
#include "formats/onnx/reader.h"
#include "formats/onnx/wire.h"
#include "formats/onnx/writer.h"
#include "formats/test_files.h"

namespace martlet::onnx {
namespace {

using OnnxModelTest = DirectoryTest;

/// y = MatMul(x, w), with a subgraph that holds a tensor of its own.
Model small_model(std::span<const float> weight) {
  Model model;
  model.producer = "test";
  model.opsets = {{"", 17}, {"com.microsoft", 1}};
  model.metadata = {{"key", "value"}};
  model.graph.name = "graph";
  model.graph.inputs = {
      {.name = "x", .type = DataType::kFloat, .shape = {{.name = "batch"}, {.value = 2}}}
  };
  model.graph.outputs = {{.name = "y", .type = DataType::kFloat, .shape = {{}, {.value = 3}}}};
  model.graph.initializers = {
      {.name = "w",
       .dims = {2, static_cast<std::int64_t>(weight.size()) / 2},
       .data = std::as_bytes(weight)}
  };
  Node node{.op = "MatMul", .name = "product", .inputs = {"x", "w"}, .outputs = {"y"}};
  node.attributes = {Attribute::of("axis", std::int64_t{-1}), Attribute::of("alpha", 0.5F)};
  Attribute branch;
  branch.name = "then_branch";
  branch.type = Attribute::Type::kGraph;
  branch.graphs.emplace_back().initializers = {
      {.name = "inner", .dims = {2}, .external = ExternalData{"../outside", 8, 16}}
  };
  node.attributes.push_back(branch);
  model.graph.nodes = {node};
  return model;
}

std::vector<float> weight_of(std::size_t size) {
  std::vector<float> weight(size);
  for (std::size_t i = 0; i < size; ++i) weight[i] = static_cast<float>(i);
  return weight;
}

TEST_F(OnnxModelTest, WhatIsWrittenComesBack) {
  const std::vector<float> weight = weight_of(6);
  ASSERT_TRUE(write_model(small_model(weight), path("m.onnx")).ok());
  EXPECT_EQ(entries(), 1U);
  const auto file = open_model(path("m.onnx"));
  ASSERT_TRUE(file) << file.error().message();
  const Model& model = file->model;
  EXPECT_EQ(model.opset(), 17);
  EXPECT_EQ(*model.find_metadata("key"), "value");
  EXPECT_EQ(model.find_metadata("other"), nullptr);
  EXPECT_EQ(model.graph.inputs[0].shape[0].name, "batch");
  EXPECT_EQ(model.graph.inputs[0].shape[1].value, 2);
  EXPECT_EQ(model.graph.outputs[0].shape[0].value, -1);
  const Tensor* tensor = model.graph.initializer("w");
  ASSERT_NE(tensor, nullptr);
  EXPECT_EQ(tensor->dims, (std::vector<std::int64_t>{2, 3}));
  EXPECT_EQ(tensor->data.size(), 24U);
  const Node& node = model.graph.nodes[0];
  EXPECT_EQ(node.inputs, (std::vector<std::string>{"x", "w"}));
  EXPECT_EQ(node.find("axis")->i, -1);
  EXPECT_EQ(node.find("alpha")->f, 0.5F);
}

TEST_F(OnnxModelTest, TensorsOfSubgraphsAreSeen) {
  const std::vector<float> weight = weight_of(6);
  const auto bytes = serialize_model(small_model(weight));
  ASSERT_TRUE(bytes);
  const auto model = parse_model(as_bytes(*bytes), "test");
  ASSERT_TRUE(model) << model.error().message();
  const auto tensors = all_tensors(*model);
  ASSERT_EQ(tensors.size(), 2U);
  ASSERT_TRUE(tensors[1]->external);
  EXPECT_EQ(tensors[1]->external->location, "../outside");
  EXPECT_EQ(tensors[1]->external->offset, 8U);
  EXPECT_EQ(tensors[1]->external->length, 16U);
}

TEST_F(OnnxModelTest, LargeWeightsGoToAFileBesideTheModel) {
  const std::vector<float> weight = weight_of(3000);
  ASSERT_TRUE(write_model(small_model(weight), path("m.onnx"), {.largest_model = 100}).ok());
  EXPECT_EQ(entries(), 2U);
  const auto file = open_model(path("m.onnx"));
  ASSERT_TRUE(file) << file.error().message();
  const Tensor& tensor = *file->model.graph.initializer("w");
  ASSERT_TRUE(tensor.external);
  EXPECT_EQ(tensor.external->location, "m.onnx.data");
  EXPECT_EQ(tensor.external->offset, 0U);
  EXPECT_EQ(tensor.external->length, 12000U);
  EXPECT_EQ(content(path("m.onnx.data")), float_bytes(weight));
}

TEST_F(OnnxModelTest, ATensorOfAnotherSizeIsNotWritten) {
  const std::vector<float> weight = weight_of(6);
  Model model = small_model(weight);
  model.graph.initializers[0].dims = {2, 4};
  EXPECT_EQ(write_model(model, path("m.onnx")).code(), StatusCode::kInvalidArgument);
  model.graph.initializers[0].dims = {std::int64_t{1} << 62, 8};
  EXPECT_EQ(write_model(model, path("m.onnx")).code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(entries(), 0U);
}

TEST_F(OnnxModelTest, SizesAreFixedWhereEveryInputNamesThem) {
  const std::vector<float> weight = weight_of(6);
  Graph graph = small_model(weight).graph;
  EXPECT_FALSE(has_fixed_sizes(graph));
  graph.inputs[0].shape[0] = {.value = 1};
  EXPECT_TRUE(has_fixed_sizes(graph));
  graph.inputs.push_back({.name = "w", .shape = {{}, {}}});
  EXPECT_TRUE(has_fixed_sizes(graph));  // an initializer
  graph.inputs.push_back({.name = "of unknown rank"});
  EXPECT_FALSE(has_fixed_sizes(graph));
}

TEST_F(OnnxModelTest, EveryTruncationIsAnErrorOrASmallerModel) {
  const std::vector<float> weight = weight_of(6);
  const auto bytes = serialize_model(small_model(weight));
  ASSERT_TRUE(bytes);
  std::size_t refused = 0;
  for (std::size_t size = 0; size < bytes->size(); ++size)
    refused += parse_model(as_bytes(bytes->substr(0, size)), "test") ? 0 : 1;
  EXPECT_GT(refused, bytes->size() * 9 / 10);
}

TEST_F(OnnxModelTest, OtherFilesAreRefused) {
  for (const std::string_view text : {"", "{\"model_type\": \"bert\"}", "\x08\x01\x00"}) {
    const auto model = parse_model(as_bytes(text), "test");
    ASSERT_FALSE(model);
    EXPECT_EQ(model.error().code(), StatusCode::kInvalidModel);
  }
  EXPECT_EQ(open_model(path("none.onnx")).error().code(), StatusCode::kNotFound);
}

TEST_F(OnnxModelTest, DeepNestingIsRefused) {
  Model model = small_model({});
  for (int depth = 0; depth < 40; ++depth) {
    Attribute branch;
    branch.name = "body";
    branch.type = Attribute::Type::kGraph;
    branch.graphs = {model.graph};
    Node node{.op = "Loop"};
    node.attributes = {branch};
    model.graph.nodes = {node};
    model.graph.initializers.clear();
  }
  const auto bytes = serialize_model(model);
  ASSERT_TRUE(bytes);
  const auto parsed = parse_model(as_bytes(*bytes), "test");
  ASSERT_FALSE(parsed);
  EXPECT_NE(parsed.error().message().find("nested"), std::string::npos);
}

TEST_F(OnnxModelTest, ManyEmptyNodesDoNotTakeAllMemory) {
  std::string nodes;
  for (int i = 0; i < 1'200'000; ++i) nodes.append("\x0a\x00", 2);  // two bytes each
  WireWriter writer;
  writer.text(fields::model::kGraph, nodes);
  const auto model = parse_model(as_bytes(writer.to_string()), "test");
  ASSERT_FALSE(model);
  EXPECT_EQ(model.error().code(), StatusCode::kUnsupported);
}

}  // namespace
}  // namespace martlet::onnx

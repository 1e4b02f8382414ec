// The structure of exported graphs; that they compute the right numbers is shown by
// tests/e2e/onnx_export_parity.py.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "export/onnx_export.h"
#include "export/products.h"
#include "formats/graph_file.h"
#include "formats/onnx/reader.h"
#include "formats/test_files.h"

namespace martlet {
namespace {

using onnx::Graph;
using onnx::Node;
using OnnxExportTest = DirectoryTest;

const std::filesystem::path kGolden =
    std::filesystem::path(MARTLET_SOURCE_DIR) / "tests" / "golden" / "models";

ExportedModel exported(const std::string& name, const OnnxExportOptions& options = {}) {
  auto model = make_onnx_model(kGolden / name, options);
  EXPECT_TRUE(model) << model.status().message();
  return model ? *std::move(model) : ExportedModel{};
}

std::ptrdiff_t count(const Graph& graph, std::string_view op) {
  return std::ranges::count(graph.nodes, op, &Node::op);
}

std::vector<std::string> names(const std::vector<onnx::Value>& values) {
  std::vector<std::string> all;
  for (const onnx::Value& value : values) all.push_back(value.name);
  return all;
}

/// Every input of a node is made before it, and every name once.
void check_order(const Graph& graph) {
  std::set<std::string> known{""};
  for (const onnx::Value& input : graph.inputs) known.insert(input.name);
  for (const onnx::Tensor& tensor : graph.initializers)
    EXPECT_TRUE(known.insert(tensor.name).second) << tensor.name;
  for (const Node& node : graph.nodes) {
    for (const std::string& input : node.inputs) EXPECT_TRUE(known.contains(input)) << input;
    for (const std::string& output : node.outputs)
      EXPECT_TRUE(known.insert(output).second) << output;
  }
  for (const onnx::Value& output : graph.outputs) EXPECT_TRUE(known.contains(output.name));
}

TEST_F(OnnxExportTest, EveryFormOfEveryModelIsAGraph) {
  for (const auto& entry : std::filesystem::directory_iterator(kGolden)) {
    for (const bool fused : {false, true}) {
      for (const char* precision : {"fp32", "fp16", "int8"}) {
        const auto model = exported(
            entry.path().filename().string(), {.fused = fused, .precision = precision, .opset = 18}
        );
        SCOPED_TRACE(entry.path().string() + (fused ? " fused " : " ") + precision);
        check_order(model.model.graph);
        EXPECT_EQ(model.model.opsets.size(), fused ? 2U : 1U);
      }
    }
  }
}

TEST_F(OnnxExportTest, InputsAndOutputsAreThoseOfTheTask) {
  const auto classifier = exported("bert-odd").model.graph;
  EXPECT_EQ(
      names(classifier.inputs),
      (std::vector<std::string>{"input_ids", "attention_mask", "token_type_ids"})
  );
  EXPECT_EQ(names(classifier.outputs), std::vector<std::string>{"logits"});
  EXPECT_EQ(classifier.outputs[0].shape[1].value, 5);
  EXPECT_EQ(exported("bert-tokens").model.graph.outputs[0].shape.size(), 3U);
  EXPECT_EQ(
      names(exported("bert-pooler-sharded").model.graph.outputs),
      (std::vector<std::string>{"pooler_output", "last_hidden_state"})
  );
  const auto untyped = exported("distilbert-encoder").model.graph;
  EXPECT_EQ(names(untyped.inputs), (std::vector<std::string>{"input_ids", "attention_mask"}));
}

TEST_F(OnnxExportTest, FusedGraphsAreOfFusedOperators) {
  const Graph graph = exported("bert-odd", {.fused = true}).model.graph;  // 2 layers
  EXPECT_EQ(count(graph, "EmbedLayerNormalization"), 1);
  EXPECT_EQ(count(graph, "Attention"), 1);
  EXPECT_EQ(count(graph, "MultiHeadAttention"), 1);  // of the last layer's first token
  EXPECT_EQ(count(graph, "SkipLayerNormalization"), 4);
  EXPECT_EQ(count(graph, "BiasGelu"), 2);
  EXPECT_EQ(count(graph, "Dropout") + count(graph, "Constant"), 0);
}

TEST_F(OnnxExportTest, TheOpsetChoosesOperators) {
  EXPECT_EQ(count(exported("bert-odd", {.opset = 17}).model.graph, "Erf"), 2);
  EXPECT_EQ(count(exported("bert-odd", {.opset = 20}).model.graph, "Gelu"), 2);
  EXPECT_EQ(exported("bert-odd", {.opset = 21}).model.ir_version, 10);
}

TEST_F(OnnxExportTest, MetadataSaysWhereItComesFrom) {
  onnx::Model model = exported("bert-gamma-beta").model;
  ASSERT_TRUE(add_metadata(kGolden / "bert-gamma-beta", {}, model).ok());
  EXPECT_EQ(*model.find_metadata(onnx_metadata::kSource), "bert-gamma-beta");
  EXPECT_EQ(model.find_metadata(onnx_metadata::kSha256)->size(), 64U);
  EXPECT_EQ(*model.find_metadata(onnx_metadata::kLabels), R"(["NEGATIVE","POSITIVE"])");
  EXPECT_EQ(
      *model.find_metadata(onnx_metadata::kTokenizer),
      content(kGolden / "bert-gamma-beta" / "tokenizer.json")
  );
}

TEST_F(OnnxExportTest, TheFileIsTheModel) {
  ASSERT_TRUE(export_onnx(kGolden / "bert-odd", path("m.onnx"), {.external_data = true}).ok());
  const auto file = onnx::open_model(path("m.onnx"));
  ASSERT_TRUE(file) << file.error().message();
  EXPECT_EQ(file->model.graph.nodes.size(), exported("bert-odd").model.graph.nodes.size());
  EXPECT_TRUE(std::filesystem::exists(path("m.onnx.data")));
}

TEST_F(OnnxExportTest, WhatMakesNoSenseIsRefusedAndWritesNothing) {
  const auto code = [&](const OnnxExportOptions& options) {
    return export_onnx(kGolden / "bert-odd", path("m.onnx"), options).code();
  };
  EXPECT_EQ(code({.opset = 16}), StatusCode::kInvalidArgument);
  EXPECT_EQ(code({.opset = 24}), StatusCode::kInvalidArgument);
  EXPECT_EQ(code({.precision = "fp8"}), StatusCode::kInvalidArgument);
  EXPECT_EQ(export_onnx(path("none"), path("m.onnx")).code(), StatusCode::kNotFound);
  EXPECT_EQ(entries(), 0U);
}

TEST(ProductsTest, PackingTransposesJoinsAndScales) {
  DenseTensors a{FloatTensor({1, 2, 3, 4}), FloatTensor({5, 6}), 2, 2};
  DenseTensors b{FloatTensor({7, 8}), FloatTensor({9}), 1, 2};
  const DenseTensors* const layers[] = {&a, &b};
  const PackedDense packed = pack(layers, 2);
  EXPECT_EQ(packed.weight, (std::vector<float>{2, 6, 14, 4, 8, 16}));
  EXPECT_EQ(packed.bias, (std::vector<float>{10, 12, 18}));
  EXPECT_EQ(packed.outputs, 3);
}

TEST(ProductsTest, EveryColumnHasItsOwnScale) {
  const PackedDense dense{
      .weight = {127, 0.5F, 0, -64, -1, 0}, .bias = {}, .inputs = 2, .outputs = 3
  };
  const QuantizedWeight weight = quantize(dense);
  EXPECT_EQ(weight.values, (std::vector<std::int8_t>{127, 64, 0, -64, -127, 0}));
  EXPECT_FLOAT_EQ(weight.scales[0], 1);
  EXPECT_FLOAT_EQ(weight.scales[1], 1.0F / 127);
  EXPECT_EQ(weight.scales[2], 1);
}

}  // namespace
}  // namespace martlet

#include "formats/onnx/attention_sites.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace martlet::onnx {
namespace {

/// One attention of small operators over `norm`, whose parts the tests then change.
struct SmallAttention {
  Model model;
  Graph& graph = model.graph;

  SmallAttention() {
    for (const char* weight : {"wq", "wk", "wv", "bias", "scale", "mask", "shape"})
      graph.initializers.push_back({.name = weight});
    add("Div", {"centered", "deviation"}, "norm0");
    add("Mul", {"norm0", "gamma"}, "norm1");
    add("Add", {"norm1", "beta"}, "norm");
    for (const std::string part : {"q", "k", "v"}) {
      add("MatMul", {"norm", "w" + part}, part + "0");
      add("Add", {part + "0", "bias"}, part + "1");
      add("Reshape", {part + "1", "shape"}, part + "2");
      add("Transpose", {part + "2"}, part);
    }
    add("MatMul", {"q", "k"}, "scores0");
    add("Div", {"scores0", "scale"}, "scores1");
    add("Add", {"scores1", "mask"}, "scores");
    add("Softmax", {"scores"}, "shares");
    add("MatMul", {"shares", "v"}, "context");
  }
  void add(std::string op, std::vector<std::string> inputs, const std::string& output) {
    graph.nodes.push_back(
        {.op = std::move(op),
         .name = "to_" + output,
         .inputs = std::move(inputs),
         .outputs = {output}}
    );
  }
  Node& maker(const std::string& output) {
    return *std::ranges::find(graph.nodes, "to_" + output, &Node::name);
  }
  [[nodiscard]] AttentionSite only_site() const {
    const auto sites = find_attention(model);
    EXPECT_EQ(sites.size(), 1U);
    return sites.empty() ? AttentionSite{} : sites.front();
  }
  void expect_reason(const std::string& part) const {
    const AttentionSite site = only_site();
    EXPECT_FALSE(site.fusable);
    EXPECT_NE(site.reason.find(part), std::string::npos) << site.reason;
  }
};

TEST(AttentionSitesTest, ThePatternIsFound) {
  const AttentionSite site = SmallAttention().only_site();
  EXPECT_TRUE(site.fusable) << site.reason;
  EXPECT_FALSE(site.fused);
  EXPECT_EQ(site.node, "to_shares");
}

TEST(AttentionSitesTest, FusedOperatorsAreListed) {
  SmallAttention attention;
  attention.graph.nodes.push_back({.op = "Attention", .domain = "com.microsoft", .name = "a"});
  const auto sites = find_attention(attention.model);
  ASSERT_EQ(sites.size(), 2U);
  EXPECT_TRUE(sites[1].fused);
}

TEST(AttentionSitesTest, OtherInputsAreTheReason) {
  SmallAttention attention;
  attention.add("Slice", {"norm"}, "first");
  attention.maker("k0").inputs[0] = "first";
  attention.expect_reason("the key is of 'first', the query of 'norm'");
}

TEST(AttentionSitesTest, OtherOperatorsAreTheReason) {
  SmallAttention gemm;
  gemm.maker("v1").op = "Gemm";
  gemm.expect_reason("the value comes from Gemm 'to_v1'");
  SmallAttention quantized;
  quantized.maker("q0").op = "MatMulInteger";
  quantized.expect_reason("the query is the sum of MatMulInteger");
  SmallAttention computed;
  computed.add("Identity", {"x"}, "made");
  computed.maker("k0").inputs[1] = "made";
  computed.expect_reason("the key's weight is computed");
}

TEST(AttentionSitesTest, AnotherNormalizationIsTheReason) {
  SmallAttention attention;
  attention.maker("norm").op = "LayerNormalization";
  attention.expect_reason("LayerNormalization 'to_norm', expected a normalization of small");
}

TEST(AttentionSitesTest, ScalingElsewhereIsTheReason) {
  SmallAttention attention;
  attention.maker("scores1").op = "Mul";
  attention.expect_reason("not divided by a constant");
}

TEST(AttentionSitesTest, ASoftmaxOverClassesIsNoAttention) {
  Model model;
  model.graph.initializers.push_back({.name = "w"});
  model.graph.nodes = {
      {.op = "MatMul", .name = "m", .inputs = {"x", "w"}, .outputs = {"logits"}},
      {.op = "Softmax", .name = "s", .inputs = {"logits"}, .outputs = {"y"}},
  };
  EXPECT_TRUE(find_attention(model).empty());
}

TEST(AttentionSitesTest, ACycleEnds) {
  SmallAttention attention;
  attention.maker("scores").inputs = {"scores", "mask"};
  EXPECT_TRUE(find_attention(attention.model).empty());
}

}  // namespace
}  // namespace martlet::onnx

#include "formats/onnx/attention_sites.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace martlet::onnx {
namespace {

/// One attention of small operators over `norm`, whose parts the tests then change.
struct SmallAttention {
  Graph graph;

  SmallAttention() {
    for (const char* weight : {"wq", "wk", "wv", "bias", "scale", "mask", "shape"})
      graph.initializers.push_back({.name = weight});
    add("LayerNormalization", {"x"}, "norm");
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
    const auto sites = find_attention(graph);
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
  const auto sites = find_attention(attention.graph);
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

TEST(AttentionSitesTest, AMissingNormalizationIsTheReason) {
  SmallAttention attention;
  attention.maker("norm").op = "Relu";
  attention.expect_reason("Relu 'to_norm', expected LayerNormalization");
}

TEST(AttentionSitesTest, ASoftmaxOverClassesIsNoAttention) {
  Graph graph;
  graph.initializers.push_back({.name = "w"});
  graph.nodes = {
      {.op = "MatMul", .name = "m", .inputs = {"x", "w"}, .outputs = {"logits"}},
      {.op = "Softmax", .name = "s", .inputs = {"logits"}, .outputs = {"y"}},
  };
  EXPECT_TRUE(find_attention(graph).empty());
}

TEST(AttentionSitesTest, ACycleEnds) {
  SmallAttention attention;
  attention.maker("scores").inputs = {"scores", "mask"};
  EXPECT_TRUE(find_attention(attention.graph).empty());
}

}  // namespace
}  // namespace martlet::onnx

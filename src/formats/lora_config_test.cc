#include "formats/lora_config.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>

namespace martlet {
namespace {

Result<LoraConfig> parse(std::string_view members) {
  return parse_lora_config(fmt::format(R"({{"peft_type": "LORA"{}}})", members), "f");
}

TEST(LoraConfigTest, ReadsWhatChangesTheNumbers) {
  const auto config = parse(
      R"(, "r": 4, "lora_alpha": 8.0, "task_type": "SEQ_CLS", "bias": "none",
         "modules_to_save": ["classifier", "score"], "use_rslora": false,
         "rank_pattern": {"layer.0.query": 2, "query": 16}, "alpha_pattern": {"query": 32})"
  );
  ASSERT_TRUE(config) << config.status().message();
  EXPECT_EQ(config->rank, 4);
  EXPECT_EQ(config->task_type, "SEQ_CLS");
  EXPECT_EQ(config->modules_to_save, (std::vector<std::string>{"classifier", "score"}));
  EXPECT_EQ(config->rank_of("layer.0.query"), 2);
  EXPECT_EQ(config->rank_of("bert.layer.0.query"), 2);
  EXPECT_EQ(config->rank_of("bert.layer.10.query"), 16);
  EXPECT_EQ(config->rank_of("bert.layer.0.subquery"), 4);
  EXPECT_EQ(config->scale_of("bert.layer.0.key"), 2.0);
  EXPECT_EQ(config->scale_of("bert.layer.1.query"), 2.0);
  EXPECT_EQ(config->scale_of("bert.layer.0.query"), 16.0);
}

TEST(LoraConfigTest, RankStabilizedDividesByTheRoot) {
  const auto config = parse(R"(, "r": 16, "lora_alpha": 32, "use_rslora": true)");
  ASSERT_TRUE(config);
  EXPECT_EQ(config->scale_of("m"), 8.0);
}

TEST(LoraConfigTest, MissingValuesAreThoseOfPeft) {
  const auto config = parse("");
  ASSERT_TRUE(config);
  EXPECT_EQ(config->rank, 8);
  EXPECT_EQ(config->alpha, 8.0);
}

TEST(LoraConfigTest, FeaturesThatAreOffAreAccepted) {
  for (const std::string_view member :
       {R"("use_dora": false)", R"("use_dora": null)", R"("loftq_config": {})",
        R"("a_feature_of_tomorrow": false)", R"("layers_to_transform": [0, 1])",
        R"("fan_in_fan_out": true)", R"("init_lora_weights": "gaussian")",
        R"("init_lora_weights": true)", R"("target_modules": ["query"])"}) {
    EXPECT_TRUE(parse(fmt::format(", {}", member))) << member;
  }
}

TEST(LoraConfigTest, WhatCouldChangeTheNumbersIsUnsupported) {
  for (const std::string_view member :
       {R"("use_dora": true)", R"("bias": "all")", R"("lora_bias": true)",
        R"("trainable_token_indices": [1])", R"("layer_replication": [[0, 4]])",
        R"("target_parameters": ["p"])", R"("init_lora_weights": "pissa")",
        R"("init_lora_weights": {"a": 1})", R"("a_feature_of_tomorrow": 0.5)",
        R"("rank_pattern": {"layer\\.[01]": 4})", R"("alpha_pattern": {"": 4})"}) {
    const Status status = parse(fmt::format(", {}", member)).status();
    EXPECT_EQ(status.code(), StatusCode::kUnsupported) << member;
  }
  EXPECT_EQ(
      parse_lora_config(R"({"peft_type": "IA3"})", "f").status().message(),
      "[f] peft_type: got \"IA3\", expected \"LORA\""
  );
}

TEST(LoraConfigTest, MalformedIsInvalid) {
  for (const std::string_view member :
       {R"("r": 0)", R"("r": 1.5)", R"("r": 65537)", R"("lora_alpha": "8")",
        R"("lora_alpha": 1e300)", R"("rank_pattern": {"q": 0})", R"("rank_pattern": {"q": null})",
        R"("rank_pattern": [])", R"("modules_to_save": "classifier")", R"("modules_to_save": [1])",
        R"("use_rslora": 1)", R"("bias": 0)"}) {
    const Status status = parse(fmt::format(", {}", member)).status();
    EXPECT_EQ(status.code(), StatusCode::kInvalidModel) << member;
  }
  EXPECT_EQ(parse_lora_config("{}", "f").status().code(), StatusCode::kInvalidModel);
}

}  // namespace
}  // namespace martlet

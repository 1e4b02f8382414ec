#include "formats/lora.h"

#include <gtest/gtest.h>

#include "formats/test_files.h"

namespace martlet {
namespace {

class LoraAdapterTest : public DirectoryTest {
 protected:
  Result<LoraAdapter> open(const std::vector<FloatsToWrite>& tensors) const {
    write(
        "adapter_config.json",
        R"({"peft_type": "LORA", "r": 2, "lora_alpha": 4, "modules_to_save": ["classifier"]})"
    );
    write("adapter_model.safetensors", safetensors_of(tensors));
    return LoraAdapter::open(path(""));
  }
  StatusCode refusal(const std::vector<FloatsToWrite>& tensors) const {
    return open(tensors).status().code();
  }

  const FloatsToWrite a_{"base_model.model.m.lora_A.weight", {2, 3}, {1, 2, 3, 4, 5, 6}};
  const FloatsToWrite b_{"base_model.model.m.lora_B.weight", {1, 2}, {10, 100}};
};

TEST_F(LoraAdapterTest, PairsAndReplacements) {
  const auto adapter = open(
      {a_,
       b_,
       {"base_model.model.n.lora_A.default.weight", {2, 1}, {1}},
       {"base_model.model.n.lora_B.default.weight", {1, 2}, {1}},
       {"base_model.model.classifier.weight", {2, 3}, {1}},
       {"base_model.model.classifier.modules_to_save.bias", {2}, {1}},
       {"base_model.model.x.modules_to_save.default.y.bias", {2}, {1}}}
  );
  ASSERT_TRUE(adapter) << adapter.status().message();
  ASSERT_EQ(adapter->deltas().size(), 2U);
  EXPECT_EQ(adapter->deltas().at("m.weight").scale, 2.0);
  EXPECT_TRUE(adapter->deltas().contains("n.weight"));
  ASSERT_EQ(adapter->replacements().size(), 3U);
  EXPECT_TRUE(adapter->replacements().contains("classifier.weight"));
  EXPECT_TRUE(adapter->replacements().contains("classifier.bias"));
  EXPECT_TRUE(adapter->replacements().contains("x.y.bias"));
  EXPECT_TRUE(adapter->may_add("classifier.bias"));
  EXPECT_TRUE(adapter->may_add("bert.classifier.dense.bias"));
  EXPECT_FALSE(adapter->may_add("pre_classifier.bias"));
}

TEST_F(LoraAdapterTest, TheUpdateIsScaledBTimesA) {
  const auto adapter = open({a_, b_});
  ASSERT_TRUE(adapter) << adapter.status().message();
  std::vector<float> weight{1, 1, 1};
  ASSERT_TRUE(apply_delta(adapter->deltas().at("m.weight"), weight).ok());
  // [10 100] * [1 2 3; 4 5 6] = [410 520 630], times 4 / 2
  EXPECT_EQ(weight, (std::vector<float>{821, 1041, 1261}));
}

TEST_F(LoraAdapterTest, WhatDoesNotFitTogetherIsInvalid) {
  EXPECT_EQ(refusal({a_}), StatusCode::kInvalidModel);
  EXPECT_EQ(refusal({b_}), StatusCode::kInvalidModel);
  EXPECT_EQ(refusal({{a_.name, {3, 2}, {1}}, b_}), StatusCode::kInvalidModel);
  EXPECT_EQ(refusal({{a_.name, {6}, {1}}, b_}), StatusCode::kInvalidModel);
  EXPECT_EQ(refusal({a_, {b_.name, {2, 1}, {1}}}), StatusCode::kInvalidModel);
  EXPECT_EQ(
      refusal({a_, b_, {"base_model.model.m.weight", {1, 3}, {1}}}), StatusCode::kInvalidModel
  );
  EXPECT_EQ(
      refusal({a_, b_, {"base_model.model.m.lora_A.default.weight", {2, 3}, {1}}}),
      StatusCode::kInvalidModel
  );
  EXPECT_EQ(
      refusal(
          {{"base_model.model.c.bias", {1}, {1}},
           {"base_model.model.c.modules_to_save.bias", {1}, {1}}}
      ),
      StatusCode::kInvalidModel
  );
  EXPECT_EQ(refusal({{"m.lora_A.weight", {2, 3}, {1}}}), StatusCode::kInvalidModel);
}

TEST_F(LoraAdapterTest, OtherKindsOfTensorsAreUnsupported) {
  for (const std::string_view name :
       {"m.lora_embedding_A", "m.lora_magnitude_vector.weight", "m.lora_B.bias",
        "m.lora_A.other.weight"}) {
    EXPECT_EQ(
        refusal({a_, b_, {fmt::format("base_model.model.{}", name), {1}, {1}}}),
        StatusCode::kUnsupported
    ) << name;
  }
  write("adapter_config.json", R"({"peft_type": "LORA"})");
  write(
      "adapter_model.safetensors",
      safetensors_bytes(
          R"({"base_model.model.c.bias":{"dtype":"I32","shape":[1],"data_offsets":[0,4]}})", "1234"
      )
  );
  EXPECT_EQ(LoraAdapter::open(path("")).status().code(), StatusCode::kUnsupported);
}

TEST_F(LoraAdapterTest, MissingFilesAreNotFound) {
  EXPECT_EQ(LoraAdapter::open(path("")).status().code(), StatusCode::kNotFound);
  write("adapter_config.json", R"({"peft_type": "LORA"})");
  EXPECT_EQ(LoraAdapter::open(path("")).status().code(), StatusCode::kNotFound);
}

}  // namespace
}  // namespace martlet

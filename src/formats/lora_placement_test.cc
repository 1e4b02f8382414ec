// The rule for names, and a checkpoint read with an adapter.
#include "formats/lora_placement.h"

#include <gtest/gtest.h>

#include "formats/checkpoint.h"
#include "formats/test_files.h"

namespace martlet {
namespace {

using Shape = std::vector<std::int64_t>;

class LoraPlacementTest : public DirectoryTest {
 protected:
  LoraPlacementTest() {
    write("base/config.json", R"({"model_type": "bert"})");
    write(
        "adapter/adapter_config.json",
        R"({"peft_type": "LORA", "r": 1, "lora_alpha": 2, "modules_to_save": ["classifier"]})"
    );
  }

  Result<Checkpoint> open(
      const std::vector<FloatsToWrite>& base, std::vector<FloatsToWrite> adapter
  ) const {
    for (FloatsToWrite& tensor : adapter) tensor.name.insert(0, "base_model.model.");
    write("base/model.safetensors", safetensors_of(base));
    write("adapter/adapter_model.safetensors", safetensors_of(adapter));
    return Checkpoint::open(path("base"), path("adapter"));
  }

  /// The first value of a tensor that must be there.
  static float first_of(const Checkpoint& checkpoint, std::string_view name, const Shape& shape) {
    const auto tensor = checkpoint.read(name, shape);
    EXPECT_TRUE(tensor) << tensor.status().message();
    return tensor ? tensor->values()[0] : 0.0F;
  }

  static std::vector<FloatsToWrite> update(const std::string& module) {
    return {{module + ".lora_A.weight", {1, 3}, {1}}, {module + ".lora_B.weight", {2, 1}, {5}}};
  }
};

TEST_F(LoraPlacementTest, TheNamesMayCarryOrLackThePrefix) {
  for (const std::string base : {"encoder.q", "bert.encoder.q"}) {
    for (const std::string trained : {"encoder.q", "bert.encoder.q"}) {
      const auto checkpoint = open({{base + ".weight", {2, 3}, {100}}}, update(trained));
      ASSERT_TRUE(checkpoint) << checkpoint.status().message();
      EXPECT_EQ(first_of(*checkpoint, base + ".weight", {2, 3}), 110.0F);
      EXPECT_EQ(checkpoint->names(), std::vector<std::string>{base + ".weight"});
    }
  }
}

TEST_F(LoraPlacementTest, ReplacementsReplaceOrAdd) {
  const auto checkpoint = open(
      {{"pooler.dense.bias", {2}, {1}}, {"encoder.q.weight", {2, 3}, {100}}},
      {{"bert.pooler.dense.bias", {2}, {7}}, {"classifier.weight", {3, 2}, {8}}}
  );
  ASSERT_TRUE(checkpoint) << checkpoint.status().message();
  EXPECT_EQ(first_of(*checkpoint, "pooler.dense.bias", {2}), 7.0F);
  EXPECT_EQ(first_of(*checkpoint, "classifier.weight", {3, 2}), 8.0F);
  EXPECT_EQ(first_of(*checkpoint, "encoder.q.weight", {2, 3}), 100.0F);
  EXPECT_EQ(checkpoint->find("classifier.weight")->shape, (Shape{3, 2}));
  EXPECT_EQ(checkpoint->tensors().size(), 2U);
  EXPECT_EQ(
      checkpoint->names(),
      (std::vector<std::string>{"classifier.weight", "encoder.q.weight", "pooler.dense.bias"})
  );
}

TEST_F(LoraPlacementTest, WhatIsNewFollowsTheBase) {
  EXPECT_TRUE(
      open({{"q.weight", {1}, {1}}}, {{"bert.classifier.bias", {1}, {1}}})->has("classifier.bias")
  );
  EXPECT_TRUE(open(
                  {{"bert.q.weight", {1}, {1}}}, {{"bert.classifier.bias", {1}, {1}}}
  )->has("bert.classifier.bias"));
}

TEST_F(LoraPlacementTest, EveryTensorMustHaveItsOwnPlace) {
  const std::vector<FloatsToWrite> base{{"q.weight", {2, 3}, {1}}, {"pooler.bias", {2}, {1}}};
  const auto refused = [&](const std::vector<FloatsToWrite>& adapter) {
    const Status status = open(base, adapter).status();
    EXPECT_EQ(status.code(), StatusCode::kInvalidModel);
    return status.message();
  };
  EXPECT_NE(refused(update("k")).find("no place"), std::string::npos);
  EXPECT_NE(refused({{"k.bias", {1}, {1}}}).find("no place"), std::string::npos);
  EXPECT_NE(
      refused({{"bert.pooler.bias", {2}, {1}}, {"pooler.bias", {2}, {1}}}).find("already"),
      std::string::npos
  );
  auto both = update("q");
  both.push_back({"bert.q.weight", {2, 3}, {1}});
  EXPECT_NE(refused(both).find("already"), std::string::npos);
  EXPECT_NE(
      refused({{"q.lora_A.weight", {1, 2}, {1}}, {"q.lora_B.weight", {2, 1}, {1}}}).find("shape"),
      std::string::npos
  );
}

TEST_F(LoraPlacementTest, TheAdaptersFamilyComesFromTheBase) {
  write("base/config.json", R"({"model_type": "gpt2"})");
  EXPECT_EQ(
      open({{"q.weight", {2, 3}, {1}}}, update("q")).status().code(), StatusCode::kUnsupported
  );
}

}  // namespace
}  // namespace martlet

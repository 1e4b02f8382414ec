#include "formats/merge.h"

#include <gtest/gtest.h>

#include "formats/checkpoint.h"
#include "formats/model_directory.h"
#include "formats/test_files.h"

namespace martlet {
namespace {

namespace fs = std::filesystem;

using Shape = std::vector<std::int64_t>;

/// A base saved without prefix and an adapter for a classifier of two labels; the weights are
/// chosen so that the merged ones can be told by heart.
class MergeTest : public DirectoryTest {
 protected:
  MergeTest() {
    write(
        "base/config.json",
        "{\n  \"_name_or_path\": \"x\",\n  \"architectures\": [\n    \"BertModel\"\n  ],\n"
        "  \"layer_norm_eps\": 1e-12,\n  \"model_type\": \"bert\",\n  \"torch_dtype\": "
        "\"float16\"\n}"
    );
    write(
        "base/model.safetensors", safetensors_of(
                                      {{"embeddings.position_ids", {1, 4}, {0}},
                                       {"encoder.q.weight", {2, 3}, {100}},
                                       {"pooler.dense.weight", {2, 2}, {1}},
                                       {"pooler.dense.bias", {2}, {1}},
                                       {"cls.predictions.bias", {2}, {1}}}
                                  )
    );
    write(
        "base/tokenizer.json",
        R"({"truncation":{"max_length":128},"padding":{},"model":{"x":1e-05}})"
    );
    write("base/vocab.txt", "[PAD]\n");
    write_adapter("SEQ_CLS", {{"classifier.weight", {2, 2}, {8}}, {"classifier.bias", {2}, {9}}});
  }

  void write_adapter(std::string_view task, std::vector<FloatsToWrite> tensors) const {
    tensors.push_back({"bert.encoder.q.lora_A.weight", {1, 3}, {1}});
    tensors.push_back({"bert.encoder.q.lora_B.weight", {2, 1}, {5}});
    for (FloatsToWrite& tensor : tensors) tensor.name.insert(0, "base_model.model.");
    write(
        "adapter/adapter_config.json",
        fmt::format(
            R"({{"peft_type": "LORA", "r": 1, "lora_alpha": 2, "task_type": "{}",
                "modules_to_save": ["classifier", "pre_classifier"]}})",
            task
        )
    );
    write("adapter/adapter_model.safetensors", safetensors_of(tensors));
  }

  Status merge(const MergeOptions& options = {}) const {
    return merge_adapter(path("base"), path("adapter"), path("out"), options);
  }
  /// Refused, and nothing is there that was not before.
  StatusCode refusal(const MergeOptions& options = {}) const {
    const bool existed = fs::exists(path("out"));
    const std::size_t before = entries();
    const Status status = merge(options);
    EXPECT_EQ(entries(), before);
    EXPECT_EQ(fs::exists(path("out")), existed);
    return status.code();
  }
};

TEST_F(MergeTest, WritesTheClassOfTheTask) {
  const Status status = merge({.labels = {"NEGATIVE", "POSITIVE"}});
  ASSERT_TRUE(status.ok()) << status.message();
  EXPECT_EQ(
      content(path("out/config.json")),
      R"({
  "architectures": [
    "BertForSequenceClassification"
  ],
  "layer_norm_eps": 1e-12,
  "model_type": "bert",
  "id2label": {
    "0": "NEGATIVE",
    "1": "POSITIVE"
  },
  "label2id": {
    "NEGATIVE": 0,
    "POSITIVE": 1
  }
}
)"
  );
  const auto checkpoint = Checkpoint::open(path("out"));
  ASSERT_TRUE(checkpoint) << checkpoint.status().message();
  EXPECT_EQ(
      checkpoint->names(), (std::vector<std::string>{
                               "bert.encoder.q.weight", "bert.pooler.dense.bias",
                               "bert.pooler.dense.weight", "classifier.bias", "classifier.weight"
                           })
  );
  EXPECT_EQ(checkpoint->read("bert.encoder.q.weight", Shape{2, 3})->values()[5], 110.0F);
  EXPECT_EQ(checkpoint->read("classifier.bias", Shape{2})->values()[1], 9.0F);
  EXPECT_EQ(entries(), 3U);
}

TEST_F(MergeTest, TheTokenizerLosesTheSettingsOfACall) {
  ASSERT_TRUE(merge().ok());
  EXPECT_EQ(
      content(path("out/tokenizer.json")),
      R"({"truncation":null,"padding":null,"model":{"x":1e-05}})"
  );
  EXPECT_EQ(content(path("out/vocab.txt")), "[PAD]\n");
}

TEST_F(MergeTest, LabelsComeFromTheCallTheBaseOrTheirNumber) {
  const auto labels = [&](const MergeOptions& options) {
    fs::remove_all(path("out"));
    EXPECT_TRUE(merge(options).ok());
    return load_hf_config(path("out"))->labels;
  };
  EXPECT_EQ(labels({.labels = {"a", "b"}}), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(labels({}), (std::vector<std::string>{"LABEL_0", "LABEL_1"}));
  write("base/config.json", R"({"model_type": "bert", "id2label": {"0": "no", "1": "yes"}})");
  EXPECT_EQ(labels({}), (std::vector<std::string>{"no", "yes"}));
  write("base/config.json", R"({"model_type": "bert", "num_labels": 3})");
  EXPECT_EQ(labels({}), (std::vector<std::string>{"LABEL_0", "LABEL_1"}));
}

TEST_F(MergeTest, LabelsMustFitTheClassifier) {
  EXPECT_EQ(refusal({.labels = {"a"}}), StatusCode::kInvalidArgument);
  EXPECT_EQ(refusal({.labels = {"a", "a"}}), StatusCode::kInvalidArgument);
  EXPECT_EQ(refusal({.labels = {"a", ""}}), StatusCode::kInvalidArgument);
  EXPECT_EQ(refusal({.labels = {"a", "b", "c"}}), StatusCode::kInvalidArgument);
}

TEST_F(MergeTest, AnEncoderKeepsItsNamesAndItsPooling) {
  write_adapter("FEATURE_EXTRACTION", {});
  write(
      "base/modules.json",
      R"([{"path": "", "type": "sentence_transformers.models.Transformer"},
          {"path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
          {"path": "2_Normalize", "type": "sentence_transformers.models.Normalize"}])"
  );
  write("base/1_Pooling/config.json", R"({"pooling_mode": "cls"})");
  const Status status = merge();
  ASSERT_TRUE(status.ok()) << status.message();
  EXPECT_TRUE(Checkpoint::open(path("out"))->has("encoder.q.weight"));
  const auto model = load_model_directory(path("out"));
  ASSERT_TRUE(model) << model.status().message();
  EXPECT_EQ(model->config.architectures, std::vector<std::string>{"BertModel"});
  EXPECT_EQ(model->pooling, OutputKind::kCls);
  EXPECT_TRUE(model->normalize);
}

TEST_F(MergeTest, AHeadThatIsNotThereIsMissed) {
  write_adapter("SEQ_CLS", {{"classifier.weight", {2, 2}, {8}}});
  EXPECT_EQ(refusal(), StatusCode::kInvalidModel);
  write_adapter("SEQ_CLS", {{"classifier.weight", {2}, {8}}, {"classifier.bias", {2}, {9}}});
  EXPECT_EQ(refusal(), StatusCode::kInvalidModel);
}

TEST_F(MergeTest, OtherTasksAreUnsupported) {
  write_adapter("CAUSAL_LM", {});
  EXPECT_EQ(refusal(), StatusCode::kUnsupported);
  write_adapter("", {});
  EXPECT_EQ(merge().code(), StatusCode::kOk);  // the base says BertModel
}

TEST_F(MergeTest, WhatIsThereIsKept) {
  write("out/precious.txt", "p");
  EXPECT_EQ(refusal(), StatusCode::kInvalidArgument);
  EXPECT_EQ(refusal({.overwrite = true}), StatusCode::kInvalidArgument);
  write("out/config.json", "{}");
  EXPECT_EQ(refusal({.overwrite = true}), StatusCode::kInvalidArgument);
  EXPECT_EQ(content(path("out/precious.txt")), "p");
  fs::remove(path("out/precious.txt"));
  EXPECT_EQ(refusal(), StatusCode::kInvalidArgument);
  EXPECT_EQ(merge({.overwrite = true}).code(), StatusCode::kOk);
  EXPECT_TRUE(Checkpoint::open(path("out")));
  fs::remove_all(path("out"));
  write("out", "a file");
  EXPECT_EQ(refusal({.overwrite = true}), StatusCode::kInvalidArgument);
}

TEST_F(MergeTest, AnEmptyDirectoryIsTaken) {
  fs::create_directory(path("out"));
  EXPECT_TRUE(merge().ok());
  EXPECT_TRUE(Checkpoint::open(path("out")));
}

TEST_F(MergeTest, TheInputIsNotTheOutput) {
  fs::create_directory_symlink("base", path("out"));
  EXPECT_EQ(refusal({.overwrite = true}), StatusCode::kInvalidArgument);
  EXPECT_TRUE(fs::exists(path("base/vocab.txt")));
}

TEST_F(MergeTest, AFailureLateLeavesNothing) {
  write("base/tokenizer.json", "{");
  EXPECT_EQ(refusal(), StatusCode::kInvalidModel);
  fs::remove(path("base/tokenizer.json"));
  fs::create_directory(path("base/vocab.json"));
  EXPECT_EQ(refusal(), StatusCode::kInvalidInput);
}

}  // namespace
}  // namespace martlet

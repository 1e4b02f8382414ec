#include "formats/model_directory.h"

#include <gtest/gtest.h>

#include "formats/test_files.h"

namespace martlet {
namespace {

constexpr std::string_view kOldModules = R"([
  {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
  {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
  {"idx": 2, "name": "2", "path": "2_Normalize", "type": "sentence_transformers.models.Normalize"}
])";

class ModelDirectoryTest : public DirectoryTest {
 protected:
  ModelDirectoryTest() { write("config.json", R"({"model_type": "bert"})"); }

  /// modules.json of these "path|type" pairs; types are without their first component.
  void write_modules(const std::vector<std::pair<std::string, std::string>>& modules) const {
    std::string text;
    for (const auto& [type, folder] : modules) {
      text += fmt::format(
          R"({}{{"path": "{}", "type": "sentence_transformers.{}"}})", text.empty() ? "" : ",",
          folder, type
      );
    }
    write("modules.json", "[" + text + "]");
  }
  void write_pooling(std::string_view members) const {
    write_modules({{"models.Transformer", ""}, {"models.Pooling", "1_Pooling"}});
    write("1_Pooling/config.json", members);
  }
  Result<ModelDirectory> load() const { return load_model_directory(path("")); }
  StatusCode code() const { return load().status().code(); }
};

TEST_F(ModelDirectoryTest, APlainDirectoryIsMeanWithoutNormalize) {
  const auto model = load();
  ASSERT_TRUE(model) << model.status().message();
  EXPECT_FALSE(model->is_sentence_transformers);
  EXPECT_EQ(model->transformer, path(""));
  EXPECT_EQ(model->pooling, OutputKind::kMean);
  EXPECT_FALSE(model->normalize);
  EXPECT_EQ(model->max_length, 512);
}

TEST_F(ModelDirectoryTest, TheOldLayout) {
  write("modules.json", kOldModules);
  write(
      "1_Pooling/config.json",
      R"({"word_embedding_dimension": 384, "pooling_mode_cls_token": true,
          "pooling_mode_mean_tokens": false})"
  );
  write("sentence_bert_config.json", R"({"max_seq_length": 256, "do_lower_case": false})");
  write("tokenizer_config.json", R"({"model_max_length": 128})");
  const auto model = load();
  ASSERT_TRUE(model) << model.status().message();
  EXPECT_TRUE(model->is_sentence_transformers);
  EXPECT_EQ(model->pooling, OutputKind::kCls);
  EXPECT_TRUE(model->normalize);
  EXPECT_EQ(model->max_length, 256);  // it overrides the tokenizer's
}

TEST_F(ModelDirectoryTest, TheNewLayout) {
  write_modules(
      {{"base.modules.transformer.Transformer", ""},
       {"sentence_transformer.modules.pooling.Pooling", "1_Pooling"},
       {"base.modules.normalize.Normalize", "2_Normalize"}}
  );
  write(
      "1_Pooling/config.json",
      R"({"embedding_dimension": 384, "pooling_mode": "max", "include_prompt": true})"
  );
  write("sentence_bert_config.json", R"({"transformer_task": "feature-extraction"})");
  write("tokenizer_config.json", R"({"model_max_length": 200})");
  write(
      "config_sentence_transformers.json",
      R"({"default_prompt_name": null, "prompts": {"query": "q: "}})"
  );
  const auto model = load();
  ASSERT_TRUE(model) << model.status().message();
  EXPECT_EQ(model->pooling, OutputKind::kMax);
  EXPECT_TRUE(model->normalize);
  EXPECT_EQ(model->max_length, 200);
}

TEST_F(ModelDirectoryTest, TheTransformerMayHaveItsFolder) {
  std::filesystem::remove(path("config.json"));
  write("0_Transformer/config.json", R"({"model_type": "distilbert", "dim": 12})");
  write("0_Transformer/sentence_distilbert_config.json", R"({"max_seq_length": 77})");
  write_modules({{"models.Transformer", "0_Transformer"}, {"models.Pooling", "1_Pooling"}});
  write("1_Pooling/config.json", "{}");
  const auto model = load();
  ASSERT_TRUE(model) << model.status().message();
  EXPECT_EQ(model->transformer, path("") / "0_Transformer");
  EXPECT_EQ(model->config.hidden_size, 12);
  EXPECT_EQ(model->max_length, 77);
  EXPECT_EQ(model->pooling, OutputKind::kMean);
  EXPECT_FALSE(model->normalize);
}

TEST_F(ModelDirectoryTest, TheLengthNeverExceedsThePositions) {
  write("tokenizer_config.json", R"({"model_max_length": 1000000000000000019884624838656})");
  EXPECT_EQ(load()->max_length, 512);
  write("tokenizer_config.json", R"({"model_max_length": 128})");
  EXPECT_EQ(load()->max_length, 128);
  write("tokenizer_config.json", R"({"model_max_length": 0})");
  EXPECT_EQ(code(), StatusCode::kInvalidModel);
  write("tokenizer_config.json", "{}");
  write_pooling("{}");
  write("sentence_bert_config.json", R"({"max_seq_length": 1024})");
  EXPECT_EQ(load()->max_length, 512);
}

TEST_F(ModelDirectoryTest, PoolingsThatMartletDoesNotDo) {
  for (const std::string_view members :
       {R"({"pooling_mode_cls_token": true, "pooling_mode_mean_tokens": true})",
        R"({"pooling_mode_mean_sqrt_len_tokens": true})", R"({"pooling_mode": "lasttoken"})",
        R"({"pooling_mode": ["cls", "mean"]})", R"({"pooling_mode": "weightedmean"})",
        R"({"pooling_mode": "new"})", R"({"pooling_mode": []})"}) {
    write_pooling(members);
    EXPECT_EQ(code(), StatusCode::kUnsupported) << members;
  }
  write_pooling(R"({"pooling_mode": ["cls"], "pooling_mode_mean_tokens": true})");
  EXPECT_EQ(load()->pooling, OutputKind::kCls);
}

TEST_F(ModelDirectoryTest, WhatWouldGiveOtherVectorsIsUnsupported) {
  write("1_Pooling/config.json", "{}");
  write_modules({{"models.Transformer", ""}, {"models.Pooling", "1_Pooling"}, {"models.Dense", "2"}}
  );
  EXPECT_EQ(code(), StatusCode::kUnsupported);
  write_modules({{"models.Transformer", ""}});
  EXPECT_EQ(code(), StatusCode::kUnsupported);
  write_modules({});
  EXPECT_EQ(code(), StatusCode::kUnsupported);
  write("modules.json", R"([{"path": "", "type": "my_code.Transformer"}])");
  EXPECT_EQ(code(), StatusCode::kUnsupported);

  write_pooling("{}");
  EXPECT_EQ(code(), StatusCode::kOk);
  write("sentence_bert_config.json", R"({"do_lower_case": true})");
  EXPECT_EQ(code(), StatusCode::kUnsupported);
  write("tokenizer_config.json", R"({"do_lower_case": true})");
  EXPECT_EQ(code(), StatusCode::kOk);
  write("tokenizer_config.json", R"({"do_lower_case": true, "truncation_side": "left"})");
  EXPECT_EQ(code(), StatusCode::kUnsupported);
  write("tokenizer_config.json", "{}");
  write("sentence_bert_config.json", R"({"transformer_task": "fill-mask"})");
  EXPECT_EQ(code(), StatusCode::kUnsupported);
  write("sentence_bert_config.json", "{}");
  write(
      "config_sentence_transformers.json",
      R"({"default_prompt_name": "query", "prompts": {"query": "q: "}})"
  );
  EXPECT_EQ(code(), StatusCode::kUnsupported);
}

TEST_F(ModelDirectoryTest, MalformedOrLeadingOut) {
  for (const std::string_view modules :
       {"{}", "[1]", "[{}]", R"([{"type": 1}])",
        R"([{"type": "sentence_transformers.models.Transformer", "path": "../other"}])",
        R"([{"type": "sentence_transformers.models.Transformer", "path": "a/../../b"}])",
        R"([{"type": "sentence_transformers.models.Transformer", "path": "/etc"}])",
        R"([{"type": "sentence_transformers.models.Transformer", "path": "a\u0000b"}])"}) {
    write("modules.json", modules);
    EXPECT_EQ(code(), StatusCode::kInvalidModel) << modules;
  }
  write_pooling(R"({"pooling_mode_cls_token": 1})");
  EXPECT_EQ(code(), StatusCode::kInvalidModel);
  write_pooling(R"({"pooling_mode": [1]})");
  EXPECT_EQ(code(), StatusCode::kInvalidModel);
  std::filesystem::remove(path("1_Pooling/config.json"));
  EXPECT_EQ(code(), StatusCode::kNotFound);
}

TEST_F(ModelDirectoryTest, NoConfigIsNotFound) {
  std::filesystem::remove(path("config.json"));
  EXPECT_EQ(code(), StatusCode::kNotFound);
  EXPECT_EQ(load_model_directory(path("none")).status().code(), StatusCode::kNotFound);
}

}  // namespace
}  // namespace martlet

#include "formats/hf_config.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>

#include "formats/test_files.h"

namespace martlet {
namespace {

Status status_of(std::string_view json) { return parse_hf_config(json, "config.json").status(); }

TEST(HfConfigTest, Bert) {
  const auto config = parse_hf_config(
      R"({"model_type": "bert", "architectures": ["BertForSequenceClassification"],
          "vocab_size": 100, "hidden_size": 48, "num_hidden_layers": 3, "num_attention_heads": 4,
          "intermediate_size": 96, "max_position_embeddings": 64, "type_vocab_size": 3,
          "layer_norm_eps": 1e-5, "hidden_act": "relu", "position_embedding_type": "relative_key",
          "is_decoder": true, "problem_type": "multi_label_classification",
          "id2label": {"2": "c", "0": "a", "1": "b"}, "unknown": [1]})",
      "config.json"
  );
  ASSERT_TRUE(config) << config.status().message();
  EXPECT_EQ(config->model_type, "bert");
  EXPECT_EQ(config->architectures, std::vector<std::string>{"BertForSequenceClassification"});
  EXPECT_EQ(config->vocab_size, 100);
  EXPECT_EQ(config->hidden_size, 48);
  EXPECT_EQ(config->layers, 3);
  EXPECT_EQ(config->heads, 4);
  EXPECT_EQ(config->intermediate_size, 96);
  EXPECT_EQ(config->max_positions, 64);
  EXPECT_EQ(config->type_vocab_size, 3);
  EXPECT_EQ(config->layer_norm_eps, 1e-5F);
  EXPECT_EQ(config->hidden_act, "relu");
  EXPECT_EQ(config->position_embedding_type, "relative_key");
  EXPECT_TRUE(config->is_decoder);
  EXPECT_EQ(config->labels, (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(config->problem_type, "multi_label_classification");
}

TEST(HfConfigTest, DistilbertHasItsOwnKeys) {
  const auto config = parse_hf_config(
      R"({"model_type": "distilbert", "dim": 32, "n_layers": 2, "n_heads": 2, "hidden_dim": 64,
          "activation": "relu", "vocab_size": 50, "max_position_embeddings": 40,
          "sinusoidal_pos_embds": false, "hidden_size": "not read", "layer_norm_eps": 1})",
      "config.json"
  );
  ASSERT_TRUE(config) << config.status().message();
  EXPECT_EQ(config->hidden_size, 32);
  EXPECT_EQ(config->layers, 2);
  EXPECT_EQ(config->heads, 2);
  EXPECT_EQ(config->intermediate_size, 64);
  EXPECT_EQ(config->hidden_act, "relu");
  EXPECT_EQ(config->vocab_size, 50);
  EXPECT_EQ(config->max_positions, 40);
  EXPECT_EQ(config->type_vocab_size, 0);
  EXPECT_EQ(config->layer_norm_eps, 1e-12F);
}

TEST(HfConfigTest, MissingNumbersAreThoseOfTransformers) {
  const auto config = parse_hf_config(R"({"model_type": "bert"})", "config.json");
  ASSERT_TRUE(config);
  EXPECT_EQ(config->vocab_size, 30522);
  EXPECT_EQ(config->hidden_size, 768);
  EXPECT_EQ(config->type_vocab_size, 2);
  EXPECT_EQ(config->layer_norm_eps, 1e-12F);
  EXPECT_TRUE(config->labels.empty());
}

TEST(HfConfigTest, RobertaCountsPositionsFromItsPadding) {
  for (const std::string_view family : {"roberta", "xlm-roberta", "camembert"}) {
    const auto config = parse_hf_config(
        fmt::format(R"({{"model_type": "{}", "max_position_embeddings": 514}})", family),
        "config.json"
    );
    ASSERT_TRUE(config) << config.status().message();
    EXPECT_EQ(config->padding_position, 1);
    EXPECT_EQ(config->max_length(), 512);
    EXPECT_EQ(config->type_vocab_size, 2);
    EXPECT_EQ(config->text_types(), 0);
  }
  const auto bert = parse_hf_config(R"({"model_type": "bert", "pad_token_id": 3})", "config.json");
  ASSERT_TRUE(bert);
  EXPECT_EQ(bert->max_length(), 512);
  EXPECT_EQ(bert->text_types(), 2);
  for (const std::string_view id : {"-1", "511", "1048576", "\"1\""}) {
    const Status status =
        status_of(fmt::format(R"({{"model_type": "roberta", "pad_token_id": {}}})", id));
    EXPECT_EQ(status.code(), StatusCode::kInvalidModel) << id;
  }
}

TEST(HfConfigTest, ElectraEmbedsInAWidthOfItsOwn) {
  const auto config = parse_hf_config(R"({"model_type": "electra"})", "config.json");
  ASSERT_TRUE(config) << config.status().message();
  EXPECT_EQ(config->embedding_size, 128);
  EXPECT_EQ(config->hidden_size, 256);
  const auto bert =
      parse_hf_config(R"({"model_type": "bert", "embedding_size": 9})", "config.json");
  ASSERT_TRUE(bert);
  EXPECT_EQ(bert->embedding_size, bert->hidden_size);
}

TEST(HfConfigTest, ModernBertInTheKeysOfTwoVersions) {
  const auto plain = parse_hf_config(
      R"({"model_type": "modernbert", "num_hidden_layers": 4, "local_attention": 20,
          "global_attn_every_n_layers": 2, "global_rope_theta": 5000.0, "local_rope_theta": null,
          "classifier_pooling": "mean", "classifier_activation": "relu", "norm_bias": true})",
      "config.json"
  );
  ASSERT_TRUE(plain) << plain.status().message();
  EXPECT_EQ(plain->rotary.local, (std::vector<std::uint8_t>{0, 1, 0, 1}));
  EXPECT_EQ(plain->rotary.window_of(0), 0);
  EXPECT_EQ(plain->rotary.window_of(1), 10);
  EXPECT_EQ(plain->rotary.theta, 5000);
  EXPECT_EQ(plain->rotary.local_theta, 10000);
  EXPECT_EQ(plain->layer_norm_eps, 1e-5F);
  EXPECT_TRUE(plain->head_reads_mean);
  EXPECT_EQ(plain->head_act, "relu");
  EXPECT_TRUE(plain->biases.norm);
  EXPECT_FALSE(plain->biases.attention || plain->biases.ff || plain->biases.head_dense);

  const auto newer = parse_hf_config(
      R"({"model_type": "modernbert", "num_hidden_layers": 2,
          "layer_types": ["sliding_attention", "full_attention"],
          "rope_parameters": {"full_attention": {"rope_theta": 7, "rope_type": "default"},
                              "sliding_attention": {"rope_theta": 9}}})",
      "config.json"
  );
  ASSERT_TRUE(newer) << newer.status().message();
  EXPECT_EQ(newer->rotary.local, (std::vector<std::uint8_t>{1, 0}));
  EXPECT_EQ(newer->rotary.theta, 7);
  EXPECT_EQ(newer->rotary.local_theta, 9);
  EXPECT_FALSE(newer->head_reads_mean);
}

TEST(HfConfigTest, AlbertsLayersShareWeights) {
  const auto config = parse_hf_config(
      R"({"model_type": "albert", "num_hidden_layers": 5, "num_hidden_groups": 2})", "config.json"
  );
  ASSERT_TRUE(config) << config.status().message();
  EXPECT_EQ(config->embedding_size, 128);
  EXPECT_EQ(config->hidden_act, "gelu_new");
  std::vector<std::int32_t> weights;
  for (std::int32_t i = 0; i < config->layers; ++i) weights.push_back(config->weights_of(i));
  EXPECT_EQ(weights, (std::vector<std::int32_t>{0, 0, 0, 1, 1}));
  const auto code = [](std::string_view member) {
    return status_of(fmt::format(R"({{"model_type": "albert", {}}})", member)).code();
  };
  EXPECT_EQ(code(R"("num_hidden_groups": 13)"), StatusCode::kInvalidModel);
  EXPECT_EQ(code(R"("inner_group_num": 2)"), StatusCode::kUnsupported);
}

TEST(HfConfigTest, ModernBertThatCannotBe) {
  const auto code = [](std::string_view member) {
    return status_of(fmt::format(R"({{"model_type": "modernbert", {}}})", member)).code();
  };
  EXPECT_EQ(code(R"("layer_types": ["full_attention"])"), StatusCode::kInvalidModel);
  EXPECT_EQ(
      code(R"("num_hidden_layers": 1, "layer_types": ["linear"])"), StatusCode::kInvalidModel
  );
  EXPECT_EQ(code(R"("classifier_pooling": "max")"), StatusCode::kInvalidModel);
  EXPECT_EQ(code(R"("local_attention": 1)"), StatusCode::kInvalidModel);
  EXPECT_EQ(code(R"("hidden_size": 9, "num_attention_heads": 3)"), StatusCode::kInvalidModel);
  EXPECT_EQ(code(R"("rope_parameters": [])"), StatusCode::kInvalidModel);
  EXPECT_EQ(
      code(R"("rope_parameters": {"full_attention": {"rope_type": "yarn"}})"),
      StatusCode::kUnsupported
  );
  EXPECT_EQ(code(R"("rope_scaling": {"type": "linear"})"), StatusCode::kUnsupported);
}

TEST(HfConfigTest, DebertaLooksAtDistances) {
  const auto config = parse_hf_config(
      R"({"model_type": "deberta-v2", "relative_attention": true, "position_buckets": 256,
          "pos_att_type": "p2c| C2P", "share_att_key": true, "norm_rel_ebd": "layer_norm",
          "position_biased_input": false, "pooler_hidden_act": "relu", "max_relative_positions": -1,
          "type_vocab_size": 0, "hidden_size": 768, "num_attention_heads": 12})",
      "config.json"
  );
  ASSERT_TRUE(config) << config.status().message();
  EXPECT_FALSE(config->adds_positions);
  EXPECT_EQ(config->text_types(), 0);
  EXPECT_EQ(config->head_act, "relu");
  EXPECT_EQ(config->layer_norm_eps, 1e-7F);
  EXPECT_FLOAT_EQ(config->score_scale(), 1 / std::sqrt(3.0F * 64));
  const DistanceConfig& distances = config->distances;
  EXPECT_EQ(distances.rows(), 512);
  EXPECT_EQ(distances.farthest, 512);
  // What make_log_bucket_position() of transformers 5.23 gives, and 256.
  const std::pair<std::int32_t, std::int32_t> expected[] = {
      {0, 256},   {128, 384}, {-128, 128}, {129, 385}, {130, 386}, {200, 425},
      {-200, 87}, {-256, 64}, {511, 511},  {-511, 1},  {700, 511}, {-700, 0},
  };
  for (const auto& [distance, row] : expected)
    EXPECT_EQ(distances.row_of(distance), row) << distance;

  const auto plain = parse_hf_config(R"({"model_type": "deberta-v2"})", "config.json");
  ASSERT_TRUE(plain) << plain.status().message();
  EXPECT_FALSE(plain->distances.matter());
  EXPECT_TRUE(plain->adds_positions);
  EXPECT_FLOAT_EQ(plain->score_scale(), 0.125F);
}

TEST(HfConfigTest, DebertasWithoutBucketsHaveARowForEachDistance) {
  const auto config = parse_hf_config(
      R"({"model_type": "deberta-v2", "relative_attention": true, "max_relative_positions": 20,
          "pos_att_type": ["c2p", "p2c"], "share_att_key": true, "norm_rel_ebd": "layer_norm"})",
      "config.json"
  );
  ASSERT_TRUE(config) << config.status().message();
  EXPECT_EQ(config->distances.rows(), 40);
  EXPECT_EQ(config->distances.row_of(-20), 0);
  EXPECT_EQ(config->distances.row_of(-21), 0);
  EXPECT_EQ(config->distances.row_of(19), 39);
  EXPECT_EQ(config->distances.row_of(300), 39);
}

TEST(HfConfigTest, DebertasThatAreRefused) {
  const auto code = [](std::string_view member) {
    return status_of(fmt::format(
                         R"({{"model_type": "deberta-v2", "relative_attention": true,
                              "pos_att_type": "p2c|c2p", "share_att_key": true,
                              "norm_rel_ebd": "layer_norm", {}}})",
                         member
                     ))
        .code();
  };
  EXPECT_EQ(code(R"("position_buckets": 256)"), StatusCode::kOk);
  for (const std::string_view member :
       {R"("conv_kernel_size": 3)", R"("embedding_size": 100)", R"("attention_head_size": 3)",
        R"("share_att_key": false)", R"("pos_att_type": ["c2p"])", R"("pos_att_type": null)",
        R"("norm_rel_ebd": "none")", R"("relative_attention": false)"})
    EXPECT_EQ(code(member), StatusCode::kUnsupported) << member;
  for (const std::string_view member :
       {R"("position_buckets": 3)", R"("position_buckets": 1023)", R"("pos_att_type": [1])",
        R"("pos_att_type": {})", R"("max_relative_positions": 1e9)"})
    EXPECT_EQ(code(member), StatusCode::kInvalidModel) << member;
}

TEST(HfConfigTest, NumLabelsNamesThem) {
  const auto config = parse_hf_config(R"({"model_type": "bert", "num_labels": 2})", "config.json");
  ASSERT_TRUE(config);
  EXPECT_EQ(config->labels, (std::vector<std::string>{"LABEL_0", "LABEL_1"}));
}

TEST(HfConfigTest, AnUnknownFamilyIsUnsupported) {
  const Status status = status_of(R"({"model_type": "gpt2"})");
  EXPECT_EQ(status.code(), StatusCode::kUnsupported);
  EXPECT_EQ(
      status.message(),
      "[config.json] model_type: got \"gpt2\", expected one of bert, distilbert, roberta, "
      "xlm-roberta, camembert, electra, mpnet, modernbert, albert, deberta-v2"
  );
}

TEST(HfConfigTest, WhatIsNotImplementedIsUnsupported) {
  for (const std::string_view member :
       {R"("quantization_config": {"bits": 8})", R"("pruned_heads": {"0": [1]})"}) {
    const Status status = status_of(fmt::format("{{\"model_type\": \"bert\", {}}}", member));
    EXPECT_EQ(status.code(), StatusCode::kUnsupported) << member;
  }
  EXPECT_TRUE(status_of(R"({"model_type": "bert", "pruned_heads": {}})").ok());
}

TEST(HfConfigTest, MalformedOrContradictoryIsInvalid) {
  for (const std::string_view member :
       {R"("hidden_size": 0)",
        R"("hidden_size": -768)",
        R"("hidden_size": 768.0)",
        R"("hidden_size": "768")",
        R"("hidden_size": 1e9)",
        R"("hidden_size": 99999999999999999999)",
        R"("hidden_size": 1048577)",
        R"("hidden_size": 1048576, "vocab_size": 1048576, "num_attention_heads": 1)",
        R"("num_attention_heads": 7)",
        R"("num_attention_heads": 0)",
        R"("num_hidden_layers": 1025)",
        R"("layer_norm_eps": -1)",
        R"("layer_norm_eps": 2)",
        R"("hidden_act": 3)",
        R"("is_decoder": 1)",
        R"("problem_type": "guess")",
        R"("architectures": "BertModel")",
        R"("architectures": [1])",
        R"("id2label": {"1": "b"})",
        R"("id2label": {"0": "a", "2": "c"})",
        R"("id2label": {"0": "a", "00": "b"})",
        R"("id2label": {"0": "a", "-1": "b"})",
        R"("id2label": {"0": "a", "x": "b"})",
        R"("id2label": {"0": 1})",
        R"("id2label": ["a"])",
        R"("num_labels": -1)"}) {
    const Status status = status_of(fmt::format("{{\"model_type\": \"bert\", {}}}", member));
    EXPECT_EQ(status.code(), StatusCode::kInvalidModel) << member;
  }
  EXPECT_EQ(status_of("{}").code(), StatusCode::kInvalidModel);
  EXPECT_EQ(status_of("[]").code(), StatusCode::kInvalidModel);
  EXPECT_EQ(status_of("").code(), StatusCode::kInvalidModel);
}

class LoadHfConfigTest : public DirectoryTest {};

TEST_F(LoadHfConfigTest, NamesTheFile) {
  EXPECT_EQ(load_hf_config(path("")).status().code(), StatusCode::kNotFound);
  write("config.json", R"({"model_type": 1})");
  const Status status = load_hf_config(path("")).status();
  EXPECT_NE(status.message().find("config.json] \"model_type\": got 1"), std::string::npos)
      << status.message();
}

}  // namespace
}  // namespace martlet

#include "formats/tokenizer_json.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>

namespace martlet {
namespace {

constexpr std::string_view kModel = R"("model": {"type": "WordPiece", "unk_token": "[UNK]",
    "continuing_subword_prefix": "##", "max_input_chars_per_word": 100, "vocab": {"[UNK]": 0}})";

/// A tokenizer.json of `parts`, and the model if they are without one.
Result<TokenizerConfig> parse(const std::string& parts) {
  const bool has_model = parts.find("\"model\"") != std::string::npos;
  const std::string comma = parts.empty() ? "" : ",";
  return parse_tokenizer_json(
      "{" + parts + (has_model ? "" : comma + std::string(kModel)) + "}", "t.json"
  );
}

std::string with_model(const std::string& fields) { return "\"model\": {" + fields + "}"; }

BertNormalizerConfig bert_normalizer(const Result<TokenizerConfig>& config) {
  return std::get<BertNormalizerConfig>(config->normalizer.at(0));
}

TEST(TokenizerJson, ReadsAModelAlone) {
  const auto config = parse("");
  ASSERT_TRUE(config) << config.status().message();
  EXPECT_EQ(std::get<WordPieceConfig>(config->model).vocab.size(), 1U);
  EXPECT_TRUE(config->normalizer.empty());
  EXPECT_TRUE(config->pre_tokenizer.empty());
  EXPECT_FALSE(config->decoder);
  EXPECT_EQ(config->post_processor.single.size(), 1U);
  EXPECT_EQ(config->post_processor.pair.size(), 2U);
}

TEST(TokenizerJson, ReadsAFileOf2020WithoutModelType) {
  const auto config = parse(with_model(
      R"("unk_token": "u", "continuing_subword_prefix": "", "max_input_chars_per_word": 7,
         "vocab": {"u": 3, "a": 3000})"
  ));
  ASSERT_TRUE(config) << config.status().message();
  const auto& model = std::get<WordPieceConfig>(config->model);
  EXPECT_EQ(model.max_input_chars_per_word, 7U);
  EXPECT_EQ(model.vocab[1], (std::pair<std::string, int32_t>{"a", 3000}));
}

TEST(TokenizerJson, StripsAccentsAsItLowercases) {
  const std::string fields =
      R"("normalizer": {"type": "BertNormalizer", "clean_text": false, "handle_chinese_chars": false)";
  const auto lower = parse(fields + R"(, "strip_accents": null, "lowercase": true})");
  ASSERT_TRUE(lower) << lower.status().message();
  EXPECT_TRUE(bert_normalizer(lower).strip_accents);
  EXPECT_FALSE(bert_normalizer(lower).clean_text);
  const auto cased = parse(fields + R"(, "lowercase": false})");
  EXPECT_FALSE(bert_normalizer(cased).strip_accents);
  const auto both = parse(fields + R"(, "strip_accents": true, "lowercase": false})");
  EXPECT_TRUE(bert_normalizer(both).strip_accents);
}

TEST(TokenizerJson, LooksIntoSequences) {
  const auto config = parse(
      R"("pre_tokenizer": {"type": "Sequence", "pretokenizers": [{"type": "BertPreTokenizer"}]},
         "normalizer": {"type": "Sequence", "normalizers": [{"type": "NFC"}, {"type": "Sequence",
           "normalizers": [{"type": "Prepend", "prepend": "x"}]}]})"
  );
  ASSERT_TRUE(config) << config.status().message();
  ASSERT_EQ(config->pre_tokenizer.size(), 1U);
  ASSERT_EQ(config->normalizer.size(), 2U);
  EXPECT_EQ(std::get<UnicodeForm>(config->normalizer[0]), UnicodeForm::kNfc);
  EXPECT_EQ(std::get<PrependConfig>(config->normalizer[1]).text, "x");
}

TEST(TokenizerJson, ReadsBpe) {
  const std::string fields = R"("type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2}, "merges": )";
  for (const std::string merges : {R"(["a b"])", R"([["a", "b"]])"}) {
    const auto config = parse(with_model(fields + merges));
    ASSERT_TRUE(config) << config.status().message();
    const auto& model = std::get<BpeConfig>(config->model);
    EXPECT_EQ(model.merges, (std::vector<std::pair<std::string, std::string>>{{"a", "b"}}));
    EXPECT_FALSE(model.unk_token);
  }
}

TEST(TokenizerJson, ReadsRobertaProcessing) {
  const auto config = parse(R"("post_processor": {"type": "RobertaProcessing", "sep": ["</s>", 2],
    "cls": ["<s>", 0], "trim_offsets": true, "add_prefix_space": false})");
  ASSERT_TRUE(config) << config.status().message();
  EXPECT_EQ(config->post_processor.pair.size(), 6U);
  EXPECT_FALSE(config->post_processor.trim_offsets->add_prefix_space);
  EXPECT_TRUE(config->post_processor.one_type);
}

TEST(TokenizerJson, ReadsUnigram) {
  const auto config =
      parse(with_model(R"("type": "Unigram", "vocab": [["u", 0], ["a", -1.5]], "unk_id": 0)"));
  ASSERT_TRUE(config) << config.status().message();
  const auto& model = std::get<UnigramConfig>(config->model);
  EXPECT_EQ(model.vocab, (std::vector<std::pair<std::string, double>>{{"u", 0}, {"a", -1.5}}));
  EXPECT_EQ(model.unk_id, 0);
  for (const std::string_view unknown : {R"(, "unk_id": null)", ""}) {
    const auto bare =
        parse(with_model(fmt::format(R"("type": "Unigram", "vocab": [["a", 0]]{})", unknown)));
    ASSERT_TRUE(bare) << bare.status().message();
    EXPECT_FALSE(std::get<UnigramConfig>(bare->model).unk_id);
  }
  for (const std::string_view fields :
       {R"("vocab": [], "unk_id": 0)", R"("vocab": [["a", 0]], "unk_id": 1)",
        R"("vocab": [["a"]], "unk_id": 0)", R"("vocab": [[0, "a"]], "unk_id": 0)",
        R"("vocab": {"a": 0}, "unk_id": 0)"}) {
    const auto bad = parse(with_model(R"("type": "Unigram", )" + std::string(fields)));
    ASSERT_FALSE(bad) << fields;
    EXPECT_EQ(bad.status().code(), StatusCode::kInvalidModel) << bad.status().message();
  }
}

TEST(TokenizerJson, ReadsCharsmaps) {
  const auto charsmap = [](std::string_view text) {
    return parse(fmt::format(
        R"("normalizer": {{"type": "Precompiled", "precompiled_charsmap": "{}"}})", text
    ));
  };
  const auto config = charsmap("CAAAAAECAwQFBgcIYWIA");  // 8, the units, "ab\0"
  ASSERT_TRUE(config) << config.status().message();
  const auto& table = std::get<CharsmapConfig>(config->normalizer.at(0));
  EXPECT_EQ(table.units, (std::vector<uint32_t>{0x04030201, 0x08070605}));
  EXPECT_EQ(table.strings, std::string("ab\0", 3));
  EXPECT_TRUE(charsmap("AAAAAA=="));  // no units, no strings
  for (const std::string_view bad :
       {"", "AAAA", "AA=A", "AAAAA", "CAAAAAEC", "AwAAAAEC", "!AAAAA=="})
    EXPECT_EQ(charsmap(bad).status().code(), StatusCode::kInvalidModel) << bad;
}

TEST(TokenizerJson, ReadsMetaspaceOfAllYears) {
  using Prepend = MetaspaceConfig::Prepend;
  const auto metaspace = [](std::string_view fields) {
    return parse(fmt::format(R"("pre_tokenizer": {{"type": "Metaspace", {}}})", fields));
  };
  const auto prepend = [&](std::string_view fields) {
    return std::get<MetaspaceConfig>(metaspace(fields).value().pre_tokenizer.at(0)).prepend;
  };
  EXPECT_EQ(prepend(R"("replacement": "_")"), Prepend::kAlways);
  EXPECT_EQ(prepend(R"("replacement": "_", "prepend_scheme": "first")"), Prepend::kFirst);
  EXPECT_EQ(prepend(R"("replacement": "_", "add_prefix_space": false)"), Prepend::kNever);
  for (const std::string_view bad :
       {R"("replacement": "")", R"("replacement": "ab")", R"("prepend_scheme": "always")",
        R"("replacement": "_", "prepend_scheme": "often")",
        R"("replacement": "_", "prepend_scheme": "first", "add_prefix_space": false)"})
    EXPECT_EQ(metaspace(bad).status().code(), StatusCode::kInvalidModel) << bad;
}

TEST(TokenizerJson, ReadsTemplates) {
  const auto config = parse(R"("post_processor": {"type": "TemplateProcessing",
    "single": [{"SpecialToken": {"id": "C", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 2}}],
    "pair": [{"Sequence": {"id": "B", "type_id": 1}}],
    "special_tokens": {"C": {"id": "C", "ids": [5, 6], "tokens": ["C", "D"]}}})");
  ASSERT_TRUE(config) << config.status().message();
  EXPECT_EQ(config->post_processor.single[0].ids, (std::vector<int32_t>{5, 6}));
  EXPECT_EQ(config->post_processor.single[1].type_id, 2);
  EXPECT_EQ(config->post_processor.pair[0].kind, TemplatePiece::Kind::kSecond);
}

TEST(TokenizerJson, RefusesWhatMartletDoesNotHave) {
  const std::string parts[] = {
      with_model(R"("type": "WordLevel", "vocab": {}, "unk_token": "u")"),
      R"("normalizer": {"type": "Nmt"})",
      R"("normalizer": {"type": "Sequence", "normalizers": [{"type": "NFD"}, {"type": "Nmt"}]})",
      R"("pre_tokenizer": {"type": "Punctuation"})",
      R"("post_processor": {"type": "Sequence", "processors": [{"type": "ByteLevel"},
         {"type": "ByteLevel"}, {"type": "ByteLevel"}]})",
      R"("decoder": {"type": "CTC"})",
  };
  for (const std::string& part : parts) {
    const auto config = parse(part);
    ASSERT_FALSE(config) << part;
    EXPECT_EQ(config.status().code(), StatusCode::kUnsupported) << config.status().message();
    EXPECT_TRUE(config.status().message().starts_with("[t.json] ")) << config.status().message();
  }
}

TEST(TokenizerJson, RefusesMalformedFiles) {
  const std::string wordpiece =
      R"("type": "WordPiece", "unk_token": "u", "continuing_subword_prefix": "#",)";
  const std::string chars = R"("max_input_chars_per_word": 9, )";
  const std::string added =
      R"("single_word": false, "lstrip": false, "rstrip": false, "normalized": false)";
  const std::string parts[] = {
      R"("version": "2.0")",
      R"("model": null)",
      R"("model": 3)",
      with_model(R"("type": "WordPiece")"),
      with_model(R"("vocab": {})"),
      with_model(wordpiece + R"("vocab": {})"),
      with_model(wordpiece + R"("max_input_chars_per_word": -1, "vocab": {})"),
      with_model(wordpiece + chars + R"("vocab": [])"),
      with_model(wordpiece + chars + R"("vocab": {"a": -1})"),
      with_model(wordpiece + chars + R"("vocab": {"a": 2147483647})"),
      with_model(wordpiece + chars + R"("vocab": {"a": 99999999999999999999})"),
      with_model(wordpiece + chars + R"("vocab": {"a": 1.5})"),
      with_model(wordpiece + chars + R"("vocab": {"a": "1"})"),
      with_model(R"("type": "BPE", "vocab": {})"),
      with_model(R"("type": "BPE", "vocab": {}, "merges": ["a"])"),
      with_model(R"("type": "BPE", "vocab": {}, "merges": ["a b c"])"),
      with_model(R"("type": "BPE", "vocab": {}, "merges": [["a"]])"),
      with_model(R"("type": "BPE", "vocab": {}, "merges": [["a", 1]])"),
      with_model(R"("type": "BPE", "vocab": {}, "merges": [], "dropout": 0.5)"),
      R"("added_tokens": {})",
      R"("added_tokens": [1])",
      R"("added_tokens": [{"id": 1, "content": "x", )" + added + "}]",
      R"("added_tokens": [{"id": -1, "content": "x", "special": true, )" + added + "}]",
      R"("normalizer": {"type": "BertNormalizer", "clean_text": true})",
      R"("normalizer": {"type": 7})",
      R"("normalizer": {"type": "Replace", "pattern": {"String": ""}, "content": ""})",
      R"("normalizer": {"type": "Replace", "pattern": {"Regex": "a+"}, "content": ""})",
      R"("normalizer": {"type": "Strip", "strip_left": true})",
      R"("pre_tokenizer": {"type": "ByteLevel"})",
      R"("normalizer": {"type": "Sequence"})",
      R"("normalizer": {"type": "Sequence", "normalizers": [4]})",
      R"("pre_tokenizer": {})",
      R"("decoder": {"type": "WordPiece", "prefix": "##"})",
      R"("post_processor": {"type": "BertProcessing", "sep": ["[SEP]"], "cls": ["[CLS]", 1]})",
      R"("post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 2], "cls": ["[CLS]", -1]})",
      R"("post_processor": {"type": "TemplateProcessing", "single": [{}], "pair": []})",
      R"("post_processor": {"type": "TemplateProcessing", "single": [7], "pair": []})",
      R"("post_processor": {"type": "TemplateProcessing", "single": []})",
      R"("post_processor": {"type": "TemplateProcessing", "pair": [],
         "single": [{"Sequence": {"id": "B", "type_id": 0}}]})",
      R"("post_processor": {"type": "TemplateProcessing", "pair": [],
         "single": [{"Sequence": {"id": "A", "type_id": -1}}]})",
      R"("post_processor": {"type": "TemplateProcessing", "pair": [], "special_tokens": {},
         "single": [{"SpecialToken": {"id": "C", "type_id": 0}}]})",
      R"("post_processor": {"type": "TemplateProcessing", "pair": [],
         "special_tokens": {"C": {"ids": ["x"]}},
         "single": [{"SpecialToken": {"id": "C", "type_id": 0}}]})",
  };
  for (const std::string& part : parts) {
    const auto config = parse(part);
    ASSERT_FALSE(config) << part;
    EXPECT_EQ(config.status().code(), StatusCode::kInvalidModel) << config.status().message();
    EXPECT_EQ(config.status().message().find('\n'), std::string::npos);
  }
  for (const std::string_view text : {"", "[]", "{", "{\"model\": {\"vocab\": {\"\xff\": 1}}}"}) {
    EXPECT_EQ(parse_tokenizer_json(text, "t.json").status().code(), StatusCode::kInvalidModel);
  }
}

}  // namespace
}  // namespace martlet

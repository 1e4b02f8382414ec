#include "martlet/tokenizer.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace martlet {
namespace {

constexpr std::string_view kJson = R"json({
  "version": "1.0",
  "added_tokens": [
    {"id": 1, "content": "[CLS]", "single_word": false, "lstrip": false, "rstrip": false,
     "normalized": false, "special": true},
    {"id": 2, "content": "[SEP]", "single_word": false, "lstrip": false, "rstrip": false,
     "normalized": false, "special": true}
  ],
  "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
                 "strip_accents": null, "lowercase": true},
  "pre_tokenizer": {"type": "BertPreTokenizer"},
  "post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 2], "cls": ["[CLS]", 1]},
  "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": true},
  "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100,
            "vocab": {"[UNK]": 0, "[CLS]": 1, "[SEP]": 2, "a": 3, "##b": 4, "cafe": 5, ",": 6}}
})json";

Tokenizer load(std::string_view json) {
  auto tokenizer = Tokenizer::from_json(json, "test");
  EXPECT_TRUE(tokenizer) << tokenizer.status().message();
  return std::move(*tokenizer);
}

TEST(Tokenizer, EncodesTexts) {
  const Tokenizer tokenizer = load(kJson);
  const std::vector<std::string_view> texts{"AB, Caf\u00e9", "", "xyz [SEP]a"};
  Encodings out;
  ASSERT_TRUE(tokenizer.encode(texts, {}, out).ok());
  EXPECT_EQ(out.ids, (std::vector<int32_t>{1, 3, 4, 6, 5, 2, 1, 2, 1, 0, 2, 3, 2}));
  EXPECT_EQ(out.starts, (std::vector<int32_t>{0, 6, 8, 13}));
  EXPECT_EQ(out.text_of, (std::vector<int32_t>{0, 1, 2}));
}

TEST(Tokenizer, EncodesPairs) {
  const Tokenizer tokenizer = load(kJson);
  const std::vector<TextPair> pairs{{"ab", "a,"}};
  Encodings out;
  ASSERT_TRUE(tokenizer.encode(pairs, {.offsets = true}, out).ok());
  EXPECT_EQ(out.ids, (std::vector<int32_t>{1, 3, 4, 2, 3, 6, 2}));
  EXPECT_EQ(out.type_ids, (std::vector<int32_t>{0, 0, 0, 0, 1, 1, 1}));
  EXPECT_EQ(out.char_offsets[2], (Offset{1, 2}));
}

TEST(Tokenizer, Decodes) {
  const Tokenizer tokenizer = load(kJson);
  const std::vector<int32_t> ids{1, 3, 4, 6, 5, 2, 99};
  EXPECT_EQ(tokenizer.decode(ids), "ab, cafe");
  EXPECT_EQ(tokenizer.decode(ids, false), "[CLS] ab, cafe [SEP]");
}

}  // namespace
}  // namespace martlet

#include "martlet/tokenizer.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "tokenizers/encode_parallel.h"
#include "tokenizers/test_tokenizers.h"

namespace martlet {
namespace {

constexpr int32_t kUnk = 1;
constexpr int32_t kCls = 2;
constexpr int32_t kSep = 3;

using Ids = std::vector<int32_t>;

Status encode_status(
    const Tokenizer& tokenizer, const std::vector<std::string_view>& texts,
    const EncodeOptions& options
) {
  Encodings out;
  const Status status = tokenizer.encode(texts, options, out);
  EXPECT_EQ(status.ok(), !out.starts.empty());
  return status;
}

TEST(Tokenizer, EncodesManyTexts) {
  const Tokenizer tokenizer = load_golden_tokenizer("uncased");
  const std::vector<std::string_view> texts{"the", "", "movie was"};
  Encodings out;
  ASSERT_TRUE(tokenizer.encode(texts, {}, out).ok());
  EXPECT_EQ(out.starts, (Ids{0, 3, 5, 9}));
  EXPECT_EQ(out.text_of, (Ids{0, 1, 2}));
  EXPECT_EQ(out.truncated, (std::vector<uint8_t>{0, 0, 0}));
  EXPECT_EQ(out.ids.front(), kCls);
  EXPECT_EQ(out.ids.back(), kSep);
  EXPECT_TRUE(out.char_offsets.empty());

  ASSERT_TRUE(tokenizer.encode(std::span<const std::string_view>{}, {}, out).ok());
  EXPECT_EQ(out.starts, Ids{0});
  EXPECT_TRUE(out.ids.empty());
}

TEST(Tokenizer, SaysWhichTokensItAdded) {
  const Tokenizer tokenizer = load_golden_tokenizer("uncased");
  // A special token that the text itself has was not added.
  const std::vector<TextPair> pairs{{"the [SEP] movie", "was"}};
  Encodings out;
  ASSERT_TRUE(tokenizer.encode(pairs, {.offsets = true}, out).ok());
  EXPECT_EQ(out.special, (std::vector<uint8_t>{1, 0, 0, 0, 1, 0, 1}));
  ASSERT_TRUE(tokenizer.encode(pairs, {.add_special_tokens = false, .offsets = true}, out).ok());
  EXPECT_EQ(out.special, (std::vector<uint8_t>{0, 0, 0, 0}));
  ASSERT_TRUE(tokenizer.encode(pairs, {}, out).ok());
  EXPECT_TRUE(out.special.empty());
}

TEST(Tokenizer, KnowsItsUnknownTokenAndItsMarks) {
  const Tokenizer word_piece = load_golden_tokenizer("uncased");
  EXPECT_EQ(word_piece.unknown_id(), kUnk);
  EXPECT_TRUE(word_piece.marks_subwords());
  const std::vector<std::string_view> tokens{"[CLS]", "the", "##s", "movie", "."};
  EXPECT_EQ(word_piece.join(tokens), "[CLS] thes movie.");
  EXPECT_EQ(word_piece.join({}), "");
}

TEST(Tokenizer, SaysWhichTextsItCut) {
  const Tokenizer tokenizer = load_golden_tokenizer("uncased");
  const std::vector<std::string_view> texts{"the movie", "the movie was"};
  Encodings out;
  ASSERT_TRUE(tokenizer.encode(texts, {.max_length = 4}, out).ok());
  EXPECT_EQ(out.truncated, (std::vector<uint8_t>{0, 1}));
  EXPECT_EQ(out.starts, (Ids{0, 4, 8}));
  ASSERT_TRUE(tokenizer.encode(texts, {.max_length = 4, .overflow = true}, out).ok());
  EXPECT_EQ(out.text_of, (Ids{0, 1, 1}));
  EXPECT_EQ(out.truncated, (std::vector<uint8_t>{0, 1, 1}));
  ASSERT_TRUE(tokenizer.encode(texts, {.max_length = 2}, out).ok());
  EXPECT_EQ(out.ids, (Ids{kCls, kSep, kCls, kSep}));
}

TEST(Tokenizer, GivesTheOddTokenToTheLongerText) {
  const Tokenizer tokenizer = load_golden_tokenizer("uncased");
  const std::vector<TextPair> pairs{{"a a a a", "b b b b b"}, {"a a a a a", "b b b b"}};
  Encodings out;
  const EncodeOptions options{.add_special_tokens = false, .max_length = 3};
  ASSERT_TRUE(tokenizer.encode(pairs, options, out).ok());
  EXPECT_EQ(out.type_ids, (Ids{0, 1, 1, 0, 0, 1}));
}

TEST(Tokenizer, RefusesOptionsThatMakeNoSense) {
  const Tokenizer tokenizer = load_golden_tokenizer("uncased");
  const std::vector<EncodeOptions> all{
      {.max_length = -1},
      {.max_length = 1},  // less than [CLS] [SEP]
      {.max_length = 5, .stride = -1},
      {.max_length = 5, .stride = 3, .overflow = true},
      {.max_length = 2, .overflow = true},
      {.max_length = 5, .truncation = Truncation::kOnlySecond},
  };
  for (const EncodeOptions& options : all) {
    const Status status = encode_status(tokenizer, {"the", "the movie was good"}, options);
    EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
    EXPECT_TRUE(status.message().starts_with("[tokenizer] ")) << status.message();
  }
}

TEST(Tokenizer, RefusesTextsTooShortToBeCutSo) {
  const Tokenizer tokenizer = load_golden_tokenizer("uncased");
  const TextPair pair{"the", "the movie was good"};
  Encodings out;
  const EncodeOptions options{.max_length = 6, .truncation = Truncation::kOnlyFirst};
  EXPECT_EQ(
      tokenizer.encode(std::span(&pair, 1), options, out).code(), StatusCode::kInvalidArgument
  );
  EXPECT_TRUE(out.starts.empty());
}

TEST(Tokenizer, RefusesWindowsWithoutEnd) {
  const Tokenizer tokenizer = load_golden_tokenizer("uncased");
  const std::string text(1 << 20, '.');
  const EncodeOptions options{.max_length = 4096, .stride = 4093, .overflow = true};
  EXPECT_EQ(encode_status(tokenizer, {text}, options).code(), StatusCode::kResourceExhausted);
}

TEST(Tokenizer, ReadsInvalidUtf8AsReplacements) {
  const Tokenizer tokenizer = load_golden_tokenizer("cased");
  const std::string_view text = "the\xff\xe4\xb8 movie\xe4\xb8\xad";
  EXPECT_EQ(ids_of(tokenizer, text), ids_of(tokenizer, "the\uFFFD\uFFFD movie\u4E2D"));
  Encodings out;
  ASSERT_TRUE(tokenizer.encode(std::span(&text, 1), {.offsets = true}, out).ok());
  EXPECT_EQ(out.char_offsets[2], (Offset{6, 11}));
  EXPECT_EQ(out.byte_offsets[2], (Offset{7, 12}));
  EXPECT_EQ(out.char_offsets[3], (Offset{11, 12}));
  EXPECT_EQ(out.byte_offsets[3], (Offset{12, 15}));
}

TEST(Tokenizer, DropsNulBytes) {
  const Tokenizer tokenizer = load_golden_tokenizer("uncased");
  const std::string_view text("the\0 mo\0vie", 11);
  EXPECT_EQ(ids_of(tokenizer, text), ids_of(tokenizer, "the movie"));
}

TEST(Tokenizer, CallsLongWordsUnknown) {
  const Tokenizer tokenizer = load_golden_tokenizer("uncased");
  EXPECT_EQ(ids_of(tokenizer, std::string(100, 'a')).size(), 102U);
  EXPECT_EQ(ids_of(tokenizer, std::string(101, 'a')), (Ids{kCls, kUnk, kSep}));
}

TEST(Tokenizer, EncodesAMegabyte) {
  const Tokenizer tokenizer = load_golden_tokenizer("uncased");
  std::string text;
  while (text.size() < (1 << 20)) text += "the movie was caf\u00e9 good ";
  EXPECT_EQ(ids_of(tokenizer, text).size() % 5, 2U);
  EXPECT_EQ(ids_of(tokenizer, std::string(1 << 20, 'a')), (Ids{kCls, kUnk, kSep}));
  EXPECT_EQ(
      ids_of(tokenizer, std::string(1 << 20, 'a'), {.max_length = 8}), (Ids{kCls, kUnk, kSep})
  );
}

TEST(Tokenizer, TakesSpaceAlongWithAddedTokens) {
  const Tokenizer tokenizer = load_golden_tokenizer("added");
  const int32_t y = *tokenizer.token_to_id("<y>");
  const std::string spaces(100'000, ' ');
  const std::string text = spaces + "<y>" + spaces + "<y>" + spaces;
  Encodings out;
  const std::string_view view = text;
  ASSERT_TRUE(tokenizer.encode(std::span(&view, 1), {.offsets = true}, out).ok());
  EXPECT_EQ(out.ids, (Ids{kCls, y, y, kSep}));
  EXPECT_EQ(out.char_offsets[1], (Offset{0, 200'003}));
  EXPECT_EQ(out.char_offsets[2], (Offset{200'003, 300'006}));
}

TEST(Tokenizer, KnowsItsTokens) {
  const Tokenizer tokenizer = load_golden_tokenizer("added");
  EXPECT_EQ(tokenizer.token_to_id("[CLS]"), kCls);
  EXPECT_EQ(tokenizer.id_to_token(kCls), "[CLS]");
  EXPECT_EQ(tokenizer.token_to_id("no such token"), std::nullopt);
  const int32_t end = tokenizer.vocab_size();
  EXPECT_EQ(tokenizer.id_to_token(end - 1), "<z>");  // added as <Z>, normalized
  EXPECT_EQ(tokenizer.token_to_id("<Z>"), end - 1);
  EXPECT_EQ(tokenizer.id_to_token(end), "");
  EXPECT_EQ(tokenizer.id_to_token(-1), "");
}

TEST(Tokenizer, LeavesUnknownIdsOutOfText) {
  const Tokenizer tokenizer = load_golden_tokenizer("uncased");
  const Ids ids{-5, *tokenizer.token_to_id("the"), 1 << 30, *tokenizer.token_to_id("movie")};
  EXPECT_EQ(tokenizer.decode(ids), "the movie");
  EXPECT_EQ(tokenizer.decode({}), "");
}

std::vector<std::string> some_texts(std::size_t count) {
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < count; ++i) {
    texts.push_back(
        "the movie " + std::string(i % 50, 'a') + (i % 7 == 0 ? " caf\u00e9 " : " un") + "able"
    );
  }
  return texts;
}

TEST(Tokenizer, ServesManyThreads) {
  const Tokenizer tokenizer = load_golden_tokenizer("uncased");
  const std::vector<std::string> strings = some_texts(300);
  const std::vector<std::string_view> texts(strings.begin(), strings.end());
  Encodings expected;
  ASSERT_TRUE(tokenizer.encode(texts, {}, expected).ok());
  std::vector<Encodings> results(4);
  {
    std::vector<std::jthread> threads;
    for (Encodings& result : results) {
      threads.emplace_back([&] { EXPECT_TRUE(tokenizer.encode(texts, {}, result).ok()); });
    }
  }
  for (const Encodings& result : results) EXPECT_EQ(result.ids, expected.ids);
}

TEST(EncodeParallel, GivesWhatEncodeGives) {
  const Tokenizer tokenizer = load_golden_tokenizer("uncased");
  const std::vector<std::string> strings = some_texts(5000);
  const std::vector<std::string_view> texts(strings.begin(), strings.end());
  ThreadPool pool({.threads = 3});
  const std::vector<EncodeOptions> all{
      {}, {.offsets = true}, {.max_length = 6, .stride = 1, .overflow = true}
  };
  for (const EncodeOptions& options : all) {
    Encodings expected;
    Encodings got;
    ASSERT_TRUE(tokenizer.encode(texts, options, expected).ok());
    ASSERT_TRUE(encode_parallel(tokenizer, texts, options, pool, got).ok());
    EXPECT_EQ(got.ids, expected.ids);
    EXPECT_EQ(got.type_ids, expected.type_ids);
    EXPECT_EQ(got.starts, expected.starts);
    EXPECT_EQ(got.text_of, expected.text_of);
    EXPECT_EQ(got.truncated, expected.truncated);
    EXPECT_EQ(got.char_offsets, expected.char_offsets);
    EXPECT_EQ(got.byte_offsets, expected.byte_offsets);
    EXPECT_EQ(got.special, expected.special);
  }
}

TEST(EncodeParallel, FailsAsEncodeFails) {
  const Tokenizer tokenizer = load_golden_tokenizer("uncased");
  const std::vector<std::string> strings = some_texts(5000);
  const std::vector<std::string_view> texts(strings.begin(), strings.end());
  ThreadPool pool({.threads = 2});
  Encodings out;
  const Status status = encode_parallel(tokenizer, texts, {.max_length = 1}, pool, out);
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
  EXPECT_TRUE(out.starts.empty());
}

}  // namespace
}  // namespace martlet

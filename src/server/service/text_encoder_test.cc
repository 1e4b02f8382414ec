#include "server/service/text_encoder.h"

#include <gtest/gtest.h>

#include "server/service/service_testing.h"

namespace martlet {
namespace {

class TextEncoderTest : public ::testing::Test {
 protected:
  Status encode(std::vector<TextInput> inputs, const RequestOptions& options = {}) {
    return encode_inputs(model_.tokenizer, inputs, options, limits_, out_);
  }
  std::vector<int32_t> ids(std::size_t text) const {
    return {out_.ids.begin() + out_.starts[text], out_.ids.begin() + out_.starts[text + 1]};
  }

  const LoadedModel model_ = load_golden("bert-odd");
  TextLimits limits_{16, model_.info.encoder.vocab_size, 2};
  EncodedTexts out_;
};

TEST_F(TextEncoderTest, TextsComeAfterEachOther) {
  ASSERT_TRUE(encode(inputs_of({"good film", "bad"})).ok());
  ASSERT_EQ(out_.size(), 2U);
  EXPECT_EQ(out_.original_tokens[0], out_.tokens(0));
  EXPECT_FALSE(out_.truncated(0));
  EXPECT_FALSE(out_.typed);
  ASSERT_TRUE(encode(inputs_of({"story"})).ok());
  EXPECT_EQ(out_.size(), 3U);
}

TEST_F(TextEncoderTest, SaysHowLongATruncatedTextWas) {
  std::string text;
  for (int i = 0; i < 40; ++i) text += "good ";
  ASSERT_TRUE(encode({{.text = text}}).ok());
  EXPECT_EQ(out_.tokens(0), 16);
  EXPECT_EQ(out_.original_tokens[0], 42);
  EXPECT_TRUE(out_.truncated(0));
}

TEST_F(TextEncoderTest, LengthLimitIsExact) {
  std::string text;
  for (int i = 0; i < 13; ++i) text += "good ";  // 15 tokens with the special ones
  const RequestOptions strict{.truncate = false};
  EXPECT_TRUE(encode({{.text = text}}, strict).ok());
  EXPECT_TRUE(encode({{.text = text + "good"}}, strict).ok());
  const Status status = encode({{.text = text + "good good"}}, strict);
  EXPECT_EQ(status.code(), StatusCode::kInvalidInput);
  EXPECT_EQ(status.message(), "[inputs] text 2: got 17 tokens, expected at most 16");
  EXPECT_EQ(out_.size(), 0U);
}

TEST_F(TextEncoderTest, CutsTheLeftSideWhenAsked) {
  std::string text = "story ";
  for (int i = 0; i < 20; ++i) text += "good ";
  text += "bad";
  ASSERT_TRUE(encode({{.text = text}}, {.side = TruncationSide::kLeft}).ok());
  ASSERT_TRUE(encode(inputs_of({"good bad"}), {}).ok());
  EXPECT_EQ(out_.tokens(0), 16);
  EXPECT_EQ(out_.original_tokens[0], 24);
  const auto cut = ids(0);
  const auto end = ids(1);
  EXPECT_EQ(cut.front(), end.front());
  EXPECT_TRUE(std::equal(end.begin() + 1, end.end(), cut.end() - 3));
  const Status pair = encode({{.text = "a", .pair = "b"}}, {.side = TruncationSide::kLeft});
  EXPECT_EQ(pair.code(), StatusCode::kUnsupported);
}

TEST_F(TextEncoderTest, PairsAreTyped) {
  ASSERT_TRUE(encode({{.text = "good", .pair = "film"}}).ok());
  EXPECT_TRUE(out_.typed);
  EXPECT_EQ(out_.type_ids.front(), 0);
  EXPECT_EQ(out_.type_ids.back(), 1);
}

TEST_F(TextEncoderTest, IdsAreTakenAsTheyAre) {
  const int32_t last = limits_.vocab_size - 1;
  ASSERT_TRUE(encode({{.text = "", .ids = {0, last}}}).ok());
  EXPECT_EQ(ids(0), (std::vector<int32_t>{0, last}));
  for (const int32_t id : {-1, limits_.vocab_size})
    EXPECT_EQ(encode({{.text = "", .ids = {id}}}).code(), StatusCode::kInvalidInput);
  EXPECT_EQ(
      encode({{.text = "", .ids = {1, 2}, .type_ids = {0}}}).code(), StatusCode::kInvalidInput
  );
  EXPECT_EQ(encode({{.text = "", .ids = {1}, .type_ids = {2}}}).code(), StatusCode::kInvalidInput);
}

TEST_F(TextEncoderTest, LongIdsAreCut) {
  std::vector<int32_t> many(20);
  for (int32_t i = 0; i < 20; ++i) many[static_cast<std::size_t>(i)] = i;
  ASSERT_TRUE(encode({{.text = "", .ids = many}}).ok());
  EXPECT_EQ(ids(0).back(), 15);
  EXPECT_TRUE(out_.truncated(0));
  ASSERT_TRUE(encode({{.text = "", .ids = many}}, {.side = TruncationSide::kLeft}).ok());
  EXPECT_EQ(ids(1).front(), 4);
}

TEST_F(TextEncoderTest, TextWithoutTokensFails) {
  EXPECT_TRUE(encode(inputs_of({""})).ok());  // [CLS] [SEP]
  EXPECT_EQ(
      encode(inputs_of({""}), {.add_special_tokens = false}).code(), StatusCode::kInvalidInput
  );
}

}  // namespace
}  // namespace martlet

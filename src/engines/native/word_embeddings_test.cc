#include "engines/native/word_embeddings.h"

#include <gtest/gtest.h>

#include <future>
#include <random>
#include <vector>

#include "core/half.h"
#include "kernels/cpu/kernels.h"

namespace martlet {
namespace {

constexpr std::size_t kVocabulary = 50;
constexpr std::size_t kWidth = 37;

class WordEmbeddingsTest : public ::testing::Test {
 protected:
  WordEmbeddingsTest() {
    std::mt19937 generator(7);
    std::normal_distribution<float> normal;
    for (auto* values : {&words_, &types_, &positions_}) {
      for (float& value : *values) value = normal(generator);
    }
  }

  [[nodiscard]] std::vector<float> embed(const WordEmbeddings& words) const {
    std::vector<float> out(ids_.size() * kWidth);
    words.embed(
        {.ids = ids_.data(),
         .positions = positions_.data(),
         .types = types_.data(),
         .type_ids = type_ids_.data(),
         .out = out.data(),
         .stride = kWidth,
         .rows = ids_.size(),
         .n = kWidth},
        kernels_
    );
    return out;
  }

  /// What embed() should give, where rows for which `rounds(id)` are read as halves.
  template <class Rounds>
  [[nodiscard]] std::vector<float> expected(const Rounds& rounds) const {
    std::vector<float> out;
    for (std::size_t row = 0; row < ids_.size(); ++row) {
      for (std::size_t i = 0; i < kWidth; ++i) {
        const float word = words_[static_cast<std::size_t>(ids_[row]) * kWidth + i];
        const float rounded = rounds(ids_[row]) ? half_to_float(float_to_half(word)) : word;
        out.push_back(
            rounded + types_[static_cast<std::size_t>(type_ids_[row]) * kWidth + i] +
            positions_[row * kWidth + i]
        );
      }
    }
    return out;
  }

  const EmbedKernels& kernels_ = kernels_for(select_isa().value()).embed;
  std::vector<std::int32_t> ids_{3, 49, 0, 3, 17};
  std::vector<std::int32_t> type_ids_{0, 1, 1, 0, 1};
  std::vector<float> words_ = std::vector<float>(kVocabulary * kWidth);
  std::vector<float> types_ = std::vector<float>(2 * kWidth);
  std::vector<float> positions_ = std::vector<float>(5 * kWidth);
};

TEST_F(WordEmbeddingsTest, AreFloatsUnlessHalvesAreAskedFor) {
  const WordEmbeddings words{FloatTensor(words_)};
  words.make_table(kernels_, [] { FAIL() << "no table was to be made"; });
  EXPECT_EQ(embed(words), expected([](int) { return false; }));
}

TEST_F(WordEmbeddingsTest, ViewsHaveTheSameBitsBeforeAndBehindTheirTable) {
  WordEmbeddings words{FloatTensor(std::span<const float>(words_))};
  words.use_halves(kernels_);
  const auto rounded = expected([](int) { return true; });
  EXPECT_EQ(embed(words), rounded);
  std::promise<void> made;
  words.make_table(kernels_, [&] { made.set_value(); });
  words.make_table(kernels_, [] { FAIL() << "made twice"; });
  made.get_future().wait();
  std::ranges::fill(words_, 0.0F);  // no longer read
  EXPECT_EQ(embed(words), rounded);
}

TEST_F(WordEmbeddingsTest, OwnedFloatsAreDroppedForTheirTable) {
  WordEmbeddings words{FloatTensor(std::vector<float>(words_))};
  words.use_halves(kernels_);
  words.make_table(kernels_, [] { FAIL() << "there was one"; });
  EXPECT_EQ(embed(words), expected([](int) { return true; }));
}

TEST_F(WordEmbeddingsTest, ARowTooLargeForHalvesStaysAsItIs) {
  words_[49 * kWidth + 5] = 70000;
  const auto partly = expected([](int id) { return id != 49; });
  WordEmbeddings view{FloatTensor(std::span<const float>(words_))};
  view.use_halves(kernels_);
  EXPECT_EQ(embed(view), partly);
  view.make_table(kernels_, [] { FAIL() << "a table that cannot hold a row"; });
  EXPECT_EQ(embed(view), partly);
}

TEST_F(WordEmbeddingsTest, MayGoWhileItsTableIsMade) {
  const std::vector<float> many(20'000'000, 0.5F);
  for (int i = 0; i < 5; ++i) {
    WordEmbeddings words{FloatTensor(std::span<const float>(many))};
    words.use_halves(kernels_);
    words.make_table(kernels_, [] {});
  }
}

}  // namespace
}  // namespace martlet

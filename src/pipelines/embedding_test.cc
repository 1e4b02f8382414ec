#include "martlet/embedding.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "pipelines/fake_encoder.h"
#include "pipelines/pipeline_testing.h"

namespace martlet {
namespace {

EmbeddingPipeline load(const EmbeddingOptions& options = {}) {
  auto pipeline = EmbeddingPipeline::load(golden_model("bert-pooler-sharded"), options);
  if (!pipeline) throw std::runtime_error(pipeline.error().message());
  return *std::move(pipeline);
}

std::vector<float> embed(const EmbeddingOptions& options) {
  const auto vector = load(options).run("a sharp, funny film");
  EXPECT_TRUE(vector) << vector.error().message();
  return *vector;
}

/// What the encoder itself gives for the text.
std::vector<float> encode(OutputKind output) {
  const auto encoder = load_encoder(golden_model("bert-pooler-sharded"));
  Encodings encodings;
  const std::string_view text = "a sharp, funny film";
  EXPECT_TRUE(golden_tokenizer().encode(std::span(&text, 1), {}, encodings).ok());
  EncoderOutput out;
  EXPECT_TRUE((*encoder)->run({encodings.ids, {}, encodings.starts}, {.output = output}, out).ok());
  return out.values;
}

TEST(Embedding, APlainDirectoryGivesTheMeanUnscaled) {
  EXPECT_EQ(embed({}), encode(OutputKind::kMean));
}

TEST(Embedding, PoolingCanBeChosen) {
  for (const OutputKind pooling :
       {OutputKind::kCls, OutputKind::kMean, OutputKind::kMax, OutputKind::kPooler}) {
    EmbeddingOptions options;
    options.pooling = pooling;
    EXPECT_EQ(embed(options), encode(pooling));
  }
}

TEST(Embedding, NormalizedVectorsKeepTheirDirection) {
  EmbeddingOptions options;
  options.normalize = true;
  const auto unit = embed(options);
  const auto plain = encode(OutputKind::kMean);
  double length = 0;
  for (const double value : plain) length += value * value;
  for (std::size_t i = 0; i < unit.size(); ++i)
    EXPECT_FLOAT_EQ(unit[i], static_cast<float>(plain[i] / std::sqrt(length)));
}

TEST(Embedding, ResultsAreBitIdenticalForEveryPlan) {
  const auto pipeline = load();
  const auto texts = random_texts(400);
  const auto want = pipeline.run(views_of(texts), {.order = BatchPlan::Order::kSerial});
  ASSERT_TRUE(want);
  ASSERT_EQ(want->rows, texts.size());
  for (const auto order : {BatchPlan::Order::kParallel, BatchPlan::Order::kGrouped}) {
    const auto got =
        pipeline.run(views_of(texts), {.order = order, .batch_tokens = 300, .threads = 3});
    ASSERT_TRUE(got);
    EXPECT_EQ(got->values, want->values);
    EXPECT_EQ(got->truncated, want->truncated);
  }
}

TEST(Embedding, LongTextsAreCutAndSaySo) {
  EmbeddingOptions options;
  options.max_length = 4;
  const std::vector<std::string_view> texts{"good film", "good film so far"};
  const auto rows = load(options).run(texts);
  ASSERT_TRUE(rows);
  EXPECT_EQ(rows->truncated, (std::vector<uint8_t>{0, 1}));
  EXPECT_TRUE(std::ranges::equal(rows->row(0), rows->row(1)));
}

TEST(Embedding, PoolingsThatAreNotThereAreRefused) {
  for (const OutputKind pooling : {OutputKind::kLogits, OutputKind::kTokens, OutputKind::kPooler}) {
    EmbeddingOptions options;
    options.pooling = pooling;
    const auto pipeline =
        EmbeddingPipeline::make(golden_tokenizer(), std::make_unique<FakeEncoder>(), options);
    ASSERT_FALSE(pipeline);
    EXPECT_EQ(pipeline.error().code(), StatusCode::kInvalidArgument);
  }
}

}  // namespace
}  // namespace martlet

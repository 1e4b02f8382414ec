#include "bench/work.h"

#include <gtest/gtest.h>

namespace martlet {
namespace {

HfConfig mini_lm() {
  HfConfig config;
  config.hidden_size = 384;
  config.intermediate_size = 1536;
  config.layers = 6;
  config.labels = {"NEGATIVE", "POSITIVE"};
  return config;
}

TEST(Work, EveryRowOfEveryLayer) {
  // 10.62 million weights a token, and 2 * 384 * 6 of attention for each pair of tokens.
  const std::int32_t lengths[] = {16, 16};
  EXPECT_DOUBLE_EQ(
      multiply_adds(mini_lm(), lengths, {.output = OutputKind::kMean}),
      2 * (16 * 10616832.0 + 16 * 16 * 4608.0)
  );
}

TEST(Work, WindowsAndGates) {
  HfConfig config = mini_lm();
  config.layers = 2;
  config.gated = true;
  config.pre_norm = true;
  config.rotary.window = 2;
  config.rotary.local = {0, 1};
  const std::int32_t lengths[] = {10};
  const double weights = 4 * 384 * 384.0 + 3 * 384 * 1536.0;
  EXPECT_DOUBLE_EQ(
      multiply_adds(config, lengths, {.output = OutputKind::kCls}),
      2 * 10 * weights + 2 * 10 * (10 + 5) * 384.0
  );
}

TEST(Work, OnlyFirstTokensOfTheLastLayer) {
  const std::int32_t lengths[] = {10};
  const double layer = 10 * 1769472.0 + 10 * 10 * 768.0;
  const double last = 10 * 2 * 384 * 384.0 + 10 * 768.0 + (2 * 384 * 384 + 2 * 384 * 1536.0);
  EXPECT_DOUBLE_EQ(
      multiply_adds(mini_lm(), lengths, {.output = OutputKind::kLogits}),
      5 * layer + last + 384 * 384 + 384 * 2
  );
  EXPECT_DOUBLE_EQ(
      multiply_adds(mini_lm(), lengths, {.output = OutputKind::kLogits, .token_logits = true}),
      6 * layer + 10 * 384 * 2
  );
}

}  // namespace
}  // namespace martlet

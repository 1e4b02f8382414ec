#include "kernels/cpu/attention/attention.h"

#include <algorithm>
#include <cmath>

#include "kernels/cpu/kernels_testing.h"

namespace martlet {
namespace {

/// As AttentionF32 has it.
struct Bias {
  const float* values = nullptr;
  std::ptrdiff_t stride = -1;
};

class AttentionTest : public KernelTest {
 protected:
  static constexpr std::size_t kGap = 5;  // between rows, as between the heads of a packed row

  std::vector<float> run(
      const AttentionKernels& attention, const std::vector<float>& qkv, std::size_t first_query,
      std::size_t queries, std::size_t keys, std::size_t dim, Bias bias = {}
  ) {
    const std::size_t stride = 3 * dim + kGap;
    std::vector<float> scratch(attention.scratch(keys, dim), NAN);  // stale scratch must not matter
    std::vector<float> out(queries * dim, NAN);
    attention.f32({
        .q = qkv.data() + first_query * stride,
        .q_stride = stride,
        .k = qkv.data() + dim,
        .v = qkv.data() + 2 * dim,
        .kv_stride = stride,
        .queries = queries,
        .keys = keys,
        .head_dim = dim,
        .scale = 1 / std::sqrt(static_cast<float>(dim)),
        .bias = bias.values,
        .bias_stride = bias.stride,
        .out = out.data(),
        .out_stride = dim,
        .scratch = scratch.data(),
    });
    return out;
  }

  static std::vector<double> reference(
      const std::vector<float>& qkv, std::size_t query, std::size_t keys, std::size_t dim,
      Bias bias = {}
  ) {
    const std::size_t stride = 3 * dim + kGap;
    const std::ptrdiff_t row = static_cast<std::ptrdiff_t>(query) * bias.stride;
    std::vector<double> weights(keys);
    double total = 0;
    for (std::size_t key = 0; key < keys; ++key) {
      double product = 0;
      for (std::size_t i = 0; i < dim; ++i)
        product += static_cast<double>(qkv[query * stride + i]) * qkv[key * stride + dim + i];
      const float added =
          bias.values == nullptr ? 0 : bias.values[row + static_cast<std::ptrdiff_t>(key)];
      weights[key] = product / std::sqrt(static_cast<double>(dim)) + added;
    }
    const double largest = std::ranges::max(weights);
    for (double& weight : weights) total += weight = std::exp(weight - largest);
    std::vector<double> out(dim, 0);
    for (std::size_t key = 0; key < keys; ++key) {
      for (std::size_t i = 0; i < dim; ++i)
        out[i] += weights[key] / total * qkv[key * stride + 2 * dim + i];
    }
    return out;
  }

  /// Random sequences with `bias`: in both precisions the reference's, and the first query's bits
  /// those that it has alone.
  void expect_biased(std::size_t keys, std::size_t dim, const Bias& bias) {
    const auto qkv = random(keys * (3 * dim + kGap));
    const auto out = run(kernels().attention, qkv, 0, keys, keys, dim, bias);
    const auto low = run(kernels().attention_low, qkv, 0, keys, keys, dim, bias);
    const auto first = run(kernels().attention, qkv, 0, 1, keys, dim, bias);
    for (std::size_t query = 0; query < keys; ++query) {
      const auto expected = reference(qkv, query, keys, dim, bias);
      for (std::size_t i = 0; i < dim; ++i) {
        ASSERT_NEAR(out[query * dim + i], expected[i], 3e-6) << keys << " keys, dim " << dim;
        ASSERT_NEAR(low[query * dim + i], expected[i], 2e-2) << keys << " keys, dim " << dim;
      }
    }
    for (std::size_t i = 0; i < dim; ++i) ASSERT_EQ(first[i], out[i]);
  }
};

TEST_P(AttentionTest, EqualsTheReference) {
  for (const std::size_t dim : {1UL, 12UL, 32UL, 33UL, 64UL, 80UL}) {
    for (const std::size_t keys : {1UL, 2UL, 3UL, 8UL, 13UL, 16UL, 31UL, 32UL, 33UL, 100UL}) {
      const auto qkv = random(keys * (3 * dim + kGap));
      const auto out = run(kernels().attention, qkv, 0, keys, keys, dim);
      for (std::size_t query = 0; query < keys; ++query) {
        const auto expected = reference(qkv, query, keys, dim);
        for (std::size_t i = 0; i < dim; ++i) {
          ASSERT_NEAR(out[query * dim + i], expected[i], 3e-6)
              << "keys " << keys << " dim " << dim << " query " << query;
        }
      }
    }
  }
}

TEST_P(AttentionTest, AddsWhatIsDueToDistance) {
  for (const std::size_t dim : {12UL, 32UL, 64UL}) {
    for (const std::size_t keys : {1UL, 3UL, 16UL, 33UL, 100UL}) {
      const auto distances = random(2 * keys - 1);
      const Bias bias{distances.data() + keys - 1};
      expect_biased(keys, dim, bias);
    }
  }
}

TEST_P(AttentionTest, AddsWhatEachQueryHasForEachKey) {
  for (const std::size_t dim : {12UL, 32UL}) {
    for (const std::size_t keys : {1UL, 15UL, 33UL, 100UL}) {
      // Nothing behind the last element is there to be read.
      const auto values = random(keys * (keys + 3) - 3);
      const Bias bias{values.data(), static_cast<std::ptrdiff_t>(keys + 3)};
      expect_biased(keys, dim, bias);
    }
  }
}

TEST_P(AttentionTest, QueriesDoNotDependOnEachOther) {
  constexpr std::size_t kKeys = 29;
  constexpr std::size_t kDim = 32;
  const auto qkv = random(kKeys * (3 * kDim + kGap));
  const auto whole = run(kernels().attention, qkv, 0, kKeys, kKeys, kDim);
  for (const std::size_t queries : {1UL, 3UL, 8UL, 11UL, 17UL}) {
    for (std::size_t first = 0; first + queries <= kKeys; ++first) {
      const auto part = run(kernels().attention, qkv, first, queries, kKeys, kDim);
      for (std::size_t i = 0; i < part.size(); ++i) ASSERT_EQ(part[i], whole[first * kDim + i]);
    }
  }
}

TEST_P(AttentionTest, LowPrecisionIsCloseAndItsQueriesAreIndependent) {
  for (const std::size_t dim : {32UL, 40UL, 64UL}) {
    for (const std::size_t keys :
         {3UL, 4UL, 5UL, 13UL, 16UL, 17UL, 32UL, 33UL, 64UL, 129UL, 300UL}) {
      const auto qkv = random(keys * (3 * dim + kGap));
      const auto out = run(kernels().attention_low, qkv, 0, keys, keys, dim);
      for (std::size_t query = 0; query < keys; ++query) {
        const auto expected = reference(qkv, query, keys, dim);
        for (std::size_t i = 0; i < dim; ++i) {
          ASSERT_NEAR(out[query * dim + i], expected[i], 2e-2)
              << "keys " << keys << " dim " << dim << " query " << query;
        }
      }
      const auto part = run(kernels().attention_low, qkv, keys / 2, 2, keys, dim);
      for (std::size_t i = 0; i < part.size(); ++i) ASSERT_EQ(part[i], out[keys / 2 * dim + i]);
    }
  }
}

TEST_P(AttentionTest, HeadsOfOneCallAreThoseOfManyCalls) {
  constexpr std::size_t kHeads = 5;
  for (const std::size_t dim : {16UL, 32UL, 64UL}) {
    for (const std::size_t keys : {1UL, 4UL, 5UL, 16UL, 17UL, 33UL, 70UL}) {
      const std::size_t stride = 3 * dim + kGap;
      const auto qkv = random(kHeads * keys * stride);
      for (const AttentionKernels* attention : {&kernels().attention, &kernels().attention_low}) {
        std::vector<float> scratch(attention->scratch(keys, dim), NAN);
        std::vector<float> out(keys * kHeads * dim, NAN);
        attention->f32({
            .q = qkv.data(),
            .q_stride = stride,
            .k = qkv.data() + dim,
            .v = qkv.data() + 2 * dim,
            .kv_stride = stride,
            .queries = keys,
            .keys = keys,
            .head_dim = dim,
            .heads = kHeads,
            .q_head = keys * stride,
            .kv_head = keys * stride,
            .out_head = dim,
            .scale = 1 / std::sqrt(static_cast<float>(dim)),
            .out = out.data(),
            .out_stride = kHeads * dim,
            .scratch = scratch.data(),
        });
        for (std::size_t head = 0; head < kHeads; ++head) {
          const auto begin = qkv.begin() + static_cast<std::ptrdiff_t>(head * keys * stride);
          const std::vector<float> own(begin, begin + static_cast<std::ptrdiff_t>(keys * stride));
          const auto alone = run(*attention, own, 0, keys, keys, dim);
          for (std::size_t i = 0; i < keys * dim; ++i)
            ASSERT_EQ(out[i / dim * kHeads * dim + head * dim + i % dim], alone[i])
                << keys << " keys, dim " << dim << ", head " << head;
        }
      }
    }
  }
}

TEST_P(AttentionTest, ScratchIsEnoughForFewerKeys) {
  for (const AttentionKernels* attention : {&kernels().attention, &kernels().attention_low}) {
    std::size_t before = 0;
    for (std::size_t keys = 1; keys < 300; ++keys) {
      const std::size_t floats = attention->scratch(keys, 32);
      ASSERT_GE(floats, before) << keys;
      before = floats;
    }
  }
}

TEST_P(AttentionTest, LargeScoresDoNotOverflow) {
  std::vector<float> qkv = random(4 * (3 * 16 + kGap), 200);
  for (const float value : run(kernels().attention, qkv, 0, 4, 4, 16))
    ASSERT_TRUE(std::isfinite(value));
}

/// Query i and key j have the product (i - 16) * 8 * (j + 40): from far below to far above what
/// powers of 2 in fp32 can hold, and exact in bf16.
TEST_P(AttentionTest, LowPrecisionHoldsForScoresOfAnySize) {
  constexpr std::size_t kKeys = 33;
  constexpr std::size_t kDim = 32;
  constexpr std::size_t kStride = 3 * kDim + kGap;
  auto qkv = random(kKeys * kStride);
  for (std::size_t i = 0; i < kKeys; ++i) {
    float* row = qkv.data() + i * kStride;
    std::fill_n(row, 2 * kDim, 0.0F);
    row[0] = (static_cast<float>(i) - 16) * 8;
    row[kDim] = static_cast<float>(i) + 40;
  }
  const auto out = run(kernels().attention_low, qkv, 0, kKeys, kKeys, kDim);
  for (std::size_t query = 0; query < kKeys; ++query) {
    const auto expected = reference(qkv, query, kKeys, kDim);
    for (std::size_t i = 0; i < kDim; ++i)
      ASSERT_NEAR(out[query * kDim + i], expected[i], 2e-2) << "query " << query;
    const auto alone = run(kernels().attention_low, qkv, query, 1, kKeys, kDim);
    for (std::size_t i = 0; i < kDim; ++i) ASSERT_EQ(alone[i], out[query * kDim + i]);
  }
}

/// What is no number in a query shows in its row, in a key or a value in every row; a query's never
/// in another's.
TEST_P(AttentionTest, WhatIsNoNumberShows) {
  constexpr std::size_t kKeys = 33;
  constexpr std::size_t kDim = 32;
  constexpr std::size_t kStride = 3 * kDim + kGap;
  constexpr std::size_t kBad = 7;
  const auto sound = random(kKeys * kStride);
  for (const AttentionKernels* attention : {&kernels().attention, &kernels().attention_low}) {
    const auto before = run(*attention, sound, 0, kKeys, kKeys, kDim);
    for (const float bad : {NAN, INFINITY}) {
      for (const std::size_t part : {0UL, 1UL, 2UL}) {  // of a row: q, k, v
        if (part == 1 && std::isinf(bad)) continue;     // a key at minus infinity has no weight
        auto qkv = sound;
        qkv[kBad * kStride + part * kDim] = bad;
        const auto out = run(*attention, qkv, 0, kKeys, kKeys, kDim);
        for (std::size_t query = 0; query < kKeys; ++query) {
          const float* row = out.data() + query * kDim;
          if (part != 0 || query == kBad) {
            EXPECT_TRUE(std::any_of(row, row + kDim, [](float x) { return !std::isfinite(x); }))
                << bad << " in part " << part << ", query " << query;
          } else {
            for (std::size_t i = 0; i < kDim; ++i) ASSERT_EQ(row[i], before[query * kDim + i]);
          }
        }
      }
    }
  }
}

MARTLET_FOR_EVERY_ISA(AttentionTest);

}  // namespace
}  // namespace martlet

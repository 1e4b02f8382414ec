// Layer normalization for any vec/ type: three passes over rows that stay in L1.
#pragma once

#include <cmath>

#include "kernels/cpu/layer_norm/layer_norm.h"
#include "kernels/cpu/quantize/rows.h"

namespace martlet {
namespace {

/// Up to four rows, a pass at a time. A row alone waits for its own sums. Rows share nothing but
/// the time: each has the bits that it has alone.
template <class Vec, std::size_t kRows>
class NormRows {
 public:
  using Reg = typename Vec::Reg;

  /// `kRows` rows from `first` on; those to fetch meanwhile lie `next` rows further, or 0: none.
  void begin(const LayerNormF32& norm, std::size_t first, std::size_t next) {
    norm_ = &norm;
    next_ = next;
    x_ = norm.x + first * norm.stride;
    out_ = norm.out + first * norm.stride;
  }

  /// The first pass.
  [[gnu::always_inline]] void find_means() {
    sum(mean_, [](Reg, Reg value, Reg total) { return Vec::add(total, value); });
    for (float& mean : mean_) mean /= static_cast<float>(norm_->n);
  }

  /// The second.
  [[gnu::always_inline]] void find_spreads() {
    sum(inverse_, [](Reg middle, Reg value, Reg total) {
      const Reg distance = Vec::sub(value, middle);
      return Vec::fma(distance, distance, total);
    });
    for (std::size_t r = 0; r < 4; ++r) {
      const float variance = inverse_[r] / static_cast<float>(norm_->n);
      inverse_[r] = 1.0F / std::sqrt(variance + norm_->epsilon);
      shift_[r] = -mean_[r] * inverse_[r];
    }
  }

  /// The third; calls use(values, i, lanes...) for the values of columns from i on. It fetches the
  /// next rows meanwhile: the first pass does too little to wait for them.
  template <class Use>
  [[gnu::always_inline]] void write(const Use& use) const {
    const std::size_t stride = norm_->stride;
    const float* x = x_;
    const float* next = x + next_ * stride;
    float* out = out_;
    Reg inverse[kRows];
    Reg shift[kRows];
#pragma unroll
    for (std::size_t r = 0; r < kRows; ++r) {
      inverse[r] = Vec::set(inverse_[r]);
      shift[r] = Vec::set(shift_[r]);
    }
    const float* gammas = norm_->gamma;
    const float* betas = norm_->beta;
    const auto columns = [&](std::size_t i, auto... lanes) {
      const Reg gamma = Vec::load(gammas + i, lanes...);
      const Reg beta = Vec::load(betas + i, lanes...);
      Reg values[kRows];
#pragma unroll
      for (std::size_t r = 0; r < kRows; ++r) {
        const Reg standard =
            Vec::fma(Vec::load(x + r * stride + i, lanes...), inverse[r], shift[r]);
        values[r] = Vec::fma(standard, gamma, beta);
        __builtin_prefetch(next + r * stride + i);
      }
#pragma unroll
      for (std::size_t r = 0; r < kRows; ++r) Vec::store(out + r * stride + i, values[r], lanes...);
      use(values, i, lanes...);
    };
    const std::size_t n = norm_->n;
    std::size_t i = 0;
#pragma clang loop unroll(disable)
    for (; i + Vec::kWidth <= n; i += Vec::kWidth) columns(i);
    if (i < n) columns(i, n - i);
  }

 private:
  static constexpr std::size_t kChains = 2;  // of dependent additions in a row

  /// Of every row, the terms that `add(mean, values, total)` adds; of its mean it adds nothing.
  template <class Add>
  [[gnu::always_inline]] void sum(float (&sums)[4], const Add& add) const {
    const std::size_t n = norm_->n;
    const std::size_t stride = norm_->stride;
    const float* x = x_;
    Reg mean[kRows];
    Reg totals[4][kChains];
#pragma unroll
    for (std::size_t r = 0; r < 4; ++r) totals[r][0] = totals[r][1] = Vec::zero();
#pragma unroll
    for (std::size_t r = 0; r < kRows; ++r) mean[r] = Vec::set(mean_[r]);
    std::size_t i = 0;
    for (; i + kChains * Vec::kWidth <= n; i += kChains * Vec::kWidth) {
#pragma unroll
      for (std::size_t r = 0; r < kRows; ++r) {
#pragma unroll
        for (std::size_t c = 0; c < kChains; ++c)
          totals[r][c] =
              add(mean[r], Vec::load(x + r * stride + i + c * Vec::kWidth), totals[r][c]);
      }
    }
    const auto columns = [&](auto... lanes) {
#pragma unroll
      for (std::size_t r = 0; r < kRows; ++r) {
        totals[r][0] =
            add(first_lanes(mean[r], lanes...), Vec::load(x + r * stride + i, lanes...),
                totals[r][0]);
      }
      i += Vec::kWidth;
    };
    if (i + Vec::kWidth <= n) columns();
    if (i < n) columns(n - i);
    Reg whole[4];
#pragma unroll
    for (std::size_t r = 0; r < 4; ++r) whole[r] = Vec::add(totals[r][0], totals[r][1]);
    Vec::sums(whole, sums);
  }

  static Reg first_lanes(Reg value) { return value; }
  /// The others are 0.
  static Reg first_lanes(Reg value, std::size_t count) {
    float lanes[Vec::kWidth];
    Vec::store(lanes, value);
    return Vec::load(lanes, count);
  }

  const LayerNormF32* norm_ = nullptr;
  const float* x_ = nullptr;
  float* out_ = nullptr;
  std::size_t next_ = 0;
  float mean_[4] = {};  // zeros until they are known
  float inverse_[4];    // of the standard deviation
  float shift_[4];      // mean 0, times inverse_
};

/// In the place of IntegerRows where nothing is quantized.
template <std::size_t kRows>
struct NoIntegers {
  struct Ranges {};
  void begin(const QuantizeRows& /*q*/, std::size_t /*first*/) {}
  void choose(const Ranges& /*ranges*/) {}
  void write_u8() const {}
  template <class... Columns>
  static void extend(Ranges& /*ranges*/, const Columns&... /*columns*/) {}
  static const float* factors() { return nullptr; }
};

template <class Vec>
class RowLayerNorm {
 public:
  static void f32(const LayerNormF32& norm) noexcept { run<NoIntegers>(norm, {}); }

  static void f32_to_u8(const LayerNormF32& norm, const QuantizeRows& q) noexcept {
    return q.factor == nullptr ? run<Integers>(norm, q) : run<ScaledIntegers>(norm, q);
  }

 private:
  template <std::size_t kRows>
  using Integers = IntegerRows<Vec, false, kRows>;
  template <std::size_t kRows>
  using ScaledIntegers = IntegerRows<Vec, true, kRows>;

  /// Rows up to so wide are taken in two groups at once: one is computed while the other waits for
  /// its sums. Twice as many wider ones would not stay in L1.
  static constexpr std::size_t kNarrow = 512;

  template <template <std::size_t> class To>
  static void run(const LayerNormF32& norm, const QuantizeRows& q) noexcept {
    std::size_t row = 0;
    if (norm.n <= kNarrow)
      for (; row + 8 <= norm.rows; row += 8) together<To<4>, 4, 2>(norm, q, row);
    for (; row + 4 <= norm.rows; row += 4) together<To<4>, 4, 1>(norm, q, row);
    for (; row < norm.rows; ++row) together<To<1>, 1, 1>(norm, q, row);
  }

  /// Out of line, so that what one shape of groups keeps in registers crowds out no other's.
  template <class To, std::size_t kRows, std::size_t kGroups>
  [[gnu::noinline]] static void together(
      const LayerNormF32& norm, const QuantizeRows& q, std::size_t first
  ) {
    constexpr std::size_t kAll = kGroups * kRows;
    // Not past the last: what lies there may be another core's, which would have to fetch it back.
    const std::size_t next = first + 2 * kAll <= norm.rows ? kAll : 0;
    NormRows<Vec, kRows> rows[kGroups];
    To integers[kGroups];
#pragma unroll
    for (std::size_t g = 0; g < kGroups; ++g) {
      rows[g].begin(norm, first + g * kRows, next);
      integers[g].begin(q, first + g * kRows);
      rows[g].find_means();
    }
#pragma unroll
    for (auto& group : rows) group.find_spreads();
#pragma unroll
    for (std::size_t g = 0; g < kGroups; ++g) {
      typename To::Ranges ranges;
      const float* factors = integers[g].factors();
      rows[g].write([&](const auto& values, std::size_t i, auto... lanes) {
        To::extend(ranges, values, factors, i, lanes...);
      });
      integers[g].choose(ranges);
    }
#pragma unroll
    for (auto& group : integers) group.write_u8();
  }
};

}  // namespace
}  // namespace martlet

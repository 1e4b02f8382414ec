// Embedding rows for any vec/ type.
#pragma once

#include <type_traits>

#include "kernels/cpu/embed/embed.h"

namespace martlet {
namespace {

template <class Vec>
struct RowEmbed {
  using Reg = typename Vec::Reg;

  /// f(i) for every full vector of n elements, then f(i, lanes) for what is left.
  template <class F>
  [[gnu::always_inline]] static void for_vectors(std::size_t n, const F& f) {
    std::size_t i = 0;
    for (; i + Vec::kWidth <= n; i += Vec::kWidth) f(i);
    if (i < n) f(i, n - i);
  }

  template <class Word>
  static void run(const EmbedRows& e) noexcept {
    const std::size_t n = e.n;
    for (std::size_t row = 0; row < e.rows; ++row) {
      const Word* word =
          static_cast<const Word*>(e.words) + static_cast<std::size_t>(e.ids[row]) * n;
      float* out = e.out + row * e.stride;
      const float* type = e.types;
      if (type != nullptr && e.type_ids != nullptr)
        type += static_cast<std::size_t>(e.type_ids[row]) * n;
      if (e.positions == nullptr) {
        for_vectors(n, [=](std::size_t i, auto... lanes) {
          Reg sum = load(word + i, lanes...);
          if (type != nullptr) sum = Vec::add(sum, Vec::load(type + i, lanes...));
          Vec::store(out + i, sum, lanes...);
        });
        continue;
      }
      const float* position = e.positions + row * n;
      if (type == nullptr) {
        for_vectors(n, [=](std::size_t i, auto... lanes) {
          const Reg sum = Vec::add(load(word + i, lanes...), Vec::load(position + i, lanes...));
          Vec::store(out + i, sum, lanes...);
        });
        continue;
      }
      for_vectors(n, [=](std::size_t i, auto... lanes) {
        const Reg sum = Vec::add(load(word + i, lanes...), Vec::load(type + i, lanes...));
        Vec::store(out + i, Vec::add(sum, Vec::load(position + i, lanes...)), lanes...);
      });
    }
  }

  static void to_f16(const float* x, std::size_t n, std::uint16_t* out) noexcept {
    for_vectors(n, [=](std::size_t i, auto... lanes) {
      Vec::store_f16(out + i, Vec::load(x + i, lanes...), lanes...);
    });
  }

 private:
  template <class... Lanes>
  static Reg load(const float* p, Lanes... lanes) {
    return Vec::load(p, lanes...);
  }
  template <class... Lanes>
  static Reg load(const std::uint16_t* p, Lanes... lanes) {
    return Vec::load_f16(p, lanes...);
  }
  template <class... Lanes>
  static Reg load(const RoundedFloat* p, Lanes... lanes) {
    std::uint16_t halves[Vec::kWidth];
    Vec::store_f16(halves, Vec::load(&p->value, lanes...));
    return Vec::load_f16(halves);
  }
};

}  // namespace
}  // namespace martlet

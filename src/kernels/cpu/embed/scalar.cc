#include "core/half.h"
#include "kernels/cpu/embed/embed.h"

namespace martlet {
namespace {

float widen(float value) { return value; }
float widen(std::uint16_t half) { return half_to_float(half); }
float widen(RoundedFloat x) { return half_to_float(float_to_half(x.value)); }

template <class Word>
void run(const EmbedRows& e) noexcept {
  for (std::size_t row = 0; row < e.rows; ++row) {
    const Word* word =
        static_cast<const Word*>(e.words) + static_cast<std::size_t>(e.ids[row]) * e.n;
    const std::size_t type_id =
        e.type_ids == nullptr ? 0 : static_cast<std::size_t>(e.type_ids[row]);
    for (std::size_t i = 0; i < e.n; ++i) {
      float sum = widen(word[i]);
      if (e.types != nullptr) sum += e.types[type_id * e.n + i];
      if (e.positions != nullptr) sum += e.positions[row * e.n + i];
      e.out[row * e.stride + i] = sum;
    }
  }
}

void to_f16(const float* x, std::size_t n, std::uint16_t* out) noexcept {
  for (std::size_t i = 0; i < n; ++i) out[i] = float_to_half(x[i]);
}

}  // namespace

const EmbedKernels kEmbedScalar{&run<float>, &run<std::uint16_t>, &run<RoundedFloat>, &to_f16};

}  // namespace martlet

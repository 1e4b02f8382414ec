#include "kernels/cpu/embed/embed.h"

#include "core/half.h"
#include "kernels/cpu/kernels_testing.h"

namespace martlet {
namespace {

class EmbedTest : public KernelTest {
 protected:
  static constexpr std::size_t kVocabulary = 9;
  static constexpr std::size_t kRows = 5;
};

TEST_P(EmbedTest, AddsWordTypeAndPosition) {
  const std::vector<std::int32_t> ids{3, 0, 8, 3, 1};
  const std::vector<std::int32_t> type_ids{0, 1, 1, 0, 1};
  for (const std::size_t n : {1UL, 7UL, 8UL, 15UL, 16UL, 17UL, 33UL, 384UL}) {
    const auto words = random(kVocabulary * n);
    const auto positions = random(kRows * n);
    const auto types = random(2 * n);
    std::vector<std::uint16_t> halves(words.size() + 1, 0xABCD);
    kernels().embed.to_f16(words.data(), words.size(), halves.data());
    EXPECT_EQ(halves.back(), 0xABCD) << "wrote past the end, n " << n;
    for (std::size_t i = 0; i < words.size(); ++i) ASSERT_EQ(halves[i], float_to_half(words[i]));

    enum class Words { kFloats, kHalves, kRounded };
    for (const Words kind : {Words::kFloats, Words::kHalves, Words::kRounded}) {
      const bool half = kind != Words::kFloats;
      for (const auto [with_types, with_positions] :
           {std::pair(false, true), {true, true}, {false, false}, {true, false}}) {
        const std::size_t stride = n + 3;
        std::vector<float> out(kRows * stride, -777);
        const EmbedRows rows{
            .words =
                kind == Words::kHalves ? static_cast<const void*>(halves.data()) : words.data(),
            .ids = ids.data(),
            .positions = with_positions ? positions.data() : nullptr,
            .types = with_types ? types.data() : nullptr,
            .type_ids = with_types ? type_ids.data() : nullptr,
            .out = out.data(),
            .stride = stride,
            .rows = kRows,
            .n = n
        };
        (kind == Words::kFloats   ? kernels().embed.f32
         : kind == Words::kHalves ? kernels().embed.f16
                                  : kernels().embed.f32_as_f16)(rows);
        for (std::size_t row = 0; row < kRows; ++row) {
          for (std::size_t i = 0; i < n; ++i) {
            const auto at = static_cast<std::size_t>(ids[row]) * n + i;
            float expected = half ? half_to_float(halves[at]) : words[at];
            if (with_types) expected += types[static_cast<std::size_t>(type_ids[row]) * n + i];
            if (with_positions) expected += positions[row * n + i];
            ASSERT_EQ(out[row * stride + i], expected) << "n " << n;
          }
          ASSERT_EQ(out[row * stride + n], -777) << "wrote past the end, n " << n;
        }
      }
    }
  }
}

MARTLET_FOR_EVERY_ISA(EmbedTest);

}  // namespace
}  // namespace martlet

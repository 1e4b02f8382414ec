// Low-precision GEMM throughput as a share of the peak of the same instructions, measured in the
// same run.
#include "kernels/cpu/gemm/gemm_bench.h"

namespace martlet {
namespace {

struct Level {
  Isa isa;
  const char* precision;
  const GemmQKernels* gemm;
  const PeakKernel* peak;
};

std::vector<Level> levels() {
  std::vector<Level> all;
  for (const Isa isa : all_isas()) {
    const Kernels& kernels = kernels_for(isa);
    all.push_back({isa, "int8", &kernels.gemm_s8, &kernels.peak_s8});
    if (kernels.gemm_bf16 != nullptr)
      all.push_back({isa, "bf16", kernels.gemm_bf16, kernels.peak_bf16});
  }
  return all;
}

void gemm_q(benchmark::State& state, const Level& level, const GemmShape& shape) {
  if (!is_supported(level.isa)) return state.SkipWithError("this processor cannot run it");
  const GemmQKernels& kernels = *level.gemm;
  const auto m = static_cast<std::size_t>(state.range(0));
  const std::size_t lda = (round_up(shape.k, 64) * size_of(kernels.operand) / 64 | 1) * 64;
  const std::size_t packed_size = round_up(packed_bytes(kernels, shape.n, shape.k), 64);
  const AlignedBuffer a = filled((m + 32) * lda / 4);
  const AlignedBuffer packed = filled(kGemmLayers * packed_size / 4);
  const AlignedBuffer per_column = filled(shape.n);
  const AlignedBuffer per_row = filled(m);
  AlignedBuffer c(m * row_stride(shape.n));
  measure_share_of_peak(state, shape, *level.peak, [&](std::size_t layer) {
    kernels.run(
        {.a = a.data(),
         .lda = lda,
         .a_scale = per_row.data(),
         .a_offset = per_row.data(),
         .packed = packed.data() + layer * packed_size / 4,
         .scale = per_column.data(),
         .scaled_sums = per_column.data(),
         .bias = per_column.data(),
         .c = c.data(),
         .ldc = row_stride(shape.n),
         .m = m,
         .n = shape.n,
         .k = shape.k,
         .activation = shape.activation},
        0, panel_count(shape.n, kernels.panel_width)
    );
  });
}

const int kRegistered = [] {
  for (const Level& level : levels()) {
    register_gemm_shapes(
        "gemm_q/" + std::string(to_string(level.isa)) + "/" + level.precision,
        [level](benchmark::State& state, const GemmShape& shape) { gemm_q(state, level, shape); }
    );
  }
  return 0;
}();

}  // namespace
}  // namespace martlet

BENCHMARK_MAIN();

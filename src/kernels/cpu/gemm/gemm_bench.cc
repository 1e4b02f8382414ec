// fp32 GEMM throughput as a share of the multiply-add peak that is measured in the same run.
#include "kernels/cpu/gemm/gemm_bench.h"

namespace martlet {
namespace {

void gemm_f32(benchmark::State& state, Isa isa, const GemmShape& shape) {
  if (!is_supported(isa)) return state.SkipWithError("this processor cannot run it");
  const Kernels& kernels = kernels_for(isa);
  const auto m = static_cast<std::size_t>(state.range(0));
  const std::size_t panels = panel_count(shape.n, kernels.gemm.panel_width);
  const std::size_t packed_size = panels * kernels.gemm.panel_width * shape.k;
  const AlignedBuffer a = filled(m * row_stride(shape.k));
  const AlignedBuffer packed = filled(kGemmLayers * packed_size);
  const AlignedBuffer bias = filled(shape.n);
  AlignedBuffer c(m * row_stride(shape.n));
  measure_share_of_peak(state, shape, kernels.peak_f32, [&](std::size_t layer) {
    const GemmF32 gemm{
        .a = a.data(),
        .lda = row_stride(shape.k),
        .packed = packed.data() + layer * packed_size,
        .bias = bias.data(),
        .c = c.data(),
        .ldc = row_stride(shape.n),
        .m = m,
        .n = shape.n,
        .k = shape.k,
    };
    kernels.gemm.f32(gemm, 0, panels);
  });
}

const int kRegistered = [] {
  for (const Isa isa : all_isas()) {
    register_gemm_shapes(
        "gemm_f32/" + std::string(to_string(isa)),
        [isa](benchmark::State& state, const GemmShape& shape) { gemm_f32(state, isa, shape); }
    );
  }
  return 0;
}();

}  // namespace
}  // namespace martlet

BENCHMARK_MAIN();

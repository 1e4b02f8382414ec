// Low-precision GEMM throughput for the shapes of MiniLM and BERT-base, as a share of the peak of
// the same instructions, measured in turn with it: this machine's clock and neighbours change from
// second to second.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "core/aligned_buffer.h"
#include "kernels/cpu/kernels.h"

namespace martlet {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// The same value everywhere, and one that makes no denormal of any product.
AlignedBuffer filled(std::size_t size) {
  AlignedBuffer buffer(size);
  std::ranges::fill(buffer.values(), 0.0625F);
  return buffer;
}

/// Weights that do not fit a cache are used in turn, as the layers of a model are.
constexpr std::size_t kLayers = 6;

struct Shape {
  const char* name;
  std::size_t n;
  std::size_t k;
  Activation activation = Activation::kNone;
};

constexpr Shape kShapes[] = {
    {"minilm_qkv", 1152, 384},
    {"minilm_out", 384, 384},
    {"minilm_ff1", 1536, 384, Activation::kGelu},
    {"minilm_ff2", 384, 1536},
    {"base_qkv", 2304, 768},
    {"base_out", 768, 768},
    {"base_ff1", 3072, 768, Activation::kGelu},
    {"base_ff2", 768, 3072},
};

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

void gemm_q(benchmark::State& state, const Level& level, const Shape& shape) {
  if (!is_supported(level.isa)) return state.SkipWithError("this processor cannot run it");
  const GemmQKernels& kernels = *level.gemm;
  const auto m = static_cast<std::size_t>(state.range(0));
  const std::size_t lda = (round_up(shape.k, 64) * size_of(kernels.operand) / 64 | 1) * 64;
  const std::size_t packed_size = round_up(packed_bytes(kernels, shape.n, shape.k), 64);
  const AlignedBuffer a = filled((m + 32) * lda / 4);
  const AlignedBuffer packed = filled(kLayers * packed_size / 4);
  const AlignedBuffer per_column = filled(shape.n);
  const AlignedBuffer per_row = filled(m);
  AlignedBuffer c(m * row_stride(shape.n));
  std::vector<double> shares;
  double macs_per_second = 0;
  for (auto _ : state) {
    auto start = Clock::now();
    for (std::size_t layer = 0; layer < kLayers; ++layer) {
      kernels.run(
          {.a = a.data(),
           .lda = lda,
           .a_scale = per_row.data(),
           .a_zero = per_row.data(),
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
    }
    const double gemm_seconds = seconds_since(start);
    start = Clock::now();
    const double peak_macs = level.peak->run(20000);
    const double peak_seconds = seconds_since(start);
    const double rate = static_cast<double>(kLayers * m * shape.n * shape.k) / gemm_seconds;
    macs_per_second = std::max(macs_per_second, rate);
    shares.push_back(rate / (peak_macs / peak_seconds));
    state.SetIterationTime(gemm_seconds);
  }
  const auto middle = shares.begin() + static_cast<std::ptrdiff_t>(shares.size() / 2);
  std::nth_element(shares.begin(), middle, shares.end());
  state.counters["share_of_peak"] = *middle;
  state.counters["gmacs_best"] = macs_per_second / 1e9;
}

const int kRegistered = [] {
  for (const Level& level : levels()) {
    for (const Shape& shape : kShapes) {
      const std::string name = std::string("gemm_q/") + std::string(to_string(level.isa)) + "/" +
                               level.precision + "/" + shape.name;
      benchmark::RegisterBenchmark(
          name.c_str(), [=](benchmark::State& state) { gemm_q(state, level, shape); }
      )
          ->ArgName("m")
          ->Arg(1)
          ->Arg(8)
          ->Arg(16)
          ->Arg(32)
          ->Arg(128)
          ->Arg(192)
          ->UseManualTime()
          ->MinTime(0.1);
    }
  }
  return 0;
}();

}  // namespace
}  // namespace martlet

BENCHMARK_MAIN();

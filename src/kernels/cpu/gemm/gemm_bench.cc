// GEMM throughput for the shapes of MiniLM and BERT-base, as a share of the multiply-add peak that
// is measured in the same run, in turn with it: this machine's clock and neighbours change from
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

AlignedBuffer filled(std::size_t size, float value) {
  AlignedBuffer buffer(size);
  std::ranges::fill(buffer.values(), value);
  return buffer;
}

/// Weights that do not fit a cache are used in turn, as the layers of a model are.
constexpr std::size_t kLayers = 6;

void gemm_f32(benchmark::State& state, Isa isa, std::size_t n, std::size_t k) {
  if (!is_supported(isa)) return state.SkipWithError("this processor cannot run it");
  const Kernels& kernels = kernels_for(isa);
  const auto m = static_cast<std::size_t>(state.range(0));
  const std::size_t panels = panel_count(n, kernels.gemm.panel_width);
  const std::size_t packed_size = panels * kernels.gemm.panel_width * k;
  const AlignedBuffer a = filled(m * row_stride(k), 0.5F);
  const AlignedBuffer packed = filled(kLayers * packed_size, 0.25F);
  const AlignedBuffer bias = filled(n, 0.125F);
  AlignedBuffer c(m * row_stride(n));
  std::vector<double> shares;
  double macs_per_second = 0;
  std::size_t layer = 0;
  for (auto _ : state) {
    auto start = Clock::now();
    for (std::size_t i = 0; i < kLayers; ++i) {
      const GemmF32 gemm{
          .a = a.data(),
          .lda = row_stride(k),
          .packed = packed.data() + layer * packed_size,
          .bias = bias.data(),
          .c = c.data(),
          .ldc = row_stride(n),
          .m = m,
          .n = n,
          .k = k,
      };
      kernels.gemm.f32(gemm, 0, panels);
      layer = (layer + 1) % kLayers;
    }
    const double gemm_seconds = seconds_since(start);
    start = Clock::now();
    const double peak_macs = kernels.peak_f32.run(100000);
    const double peak_seconds = seconds_since(start);
    const double rate = static_cast<double>(kLayers * m * n * k) / gemm_seconds;
    macs_per_second = std::max(macs_per_second, rate);
    shares.push_back(rate / (peak_macs / peak_seconds));
    state.SetIterationTime(gemm_seconds);
  }
  std::nth_element(
      shares.begin(), shares.begin() + static_cast<std::ptrdiff_t>(shares.size() / 2), shares.end()
  );
  state.counters["share_of_peak"] = shares[shares.size() / 2];
  state.counters["gmacs_best"] = macs_per_second / 1e9;
}

struct Shape {
  const char* name;
  std::size_t n;
  std::size_t k;
};

constexpr Shape kShapes[] = {
    {"minilm_qkv", 1152, 384}, {"minilm_out", 384, 384}, {"minilm_ff1", 1536, 384},
    {"minilm_ff2", 384, 1536}, {"base_qkv", 2304, 768},  {"base_out", 768, 768},
    {"base_ff1", 3072, 768},   {"base_ff2", 768, 3072},
};

const int kRegistered = [] {
  for (const Isa isa : all_isas()) {
    for (const Shape& shape : kShapes) {
      const std::string name = "gemm_f32/" + std::string(to_string(isa)) + "/" + shape.name;
      benchmark::RegisterBenchmark(
          name.c_str(), [=](benchmark::State& state) { gemm_f32(state, isa, shape.n, shape.k); }
      )
          ->ArgName("m")
          ->Arg(1)
          ->Arg(8)
          ->Arg(16)
          ->Arg(32)
          ->Arg(128)
          ->Arg(512)
          ->UseManualTime()
          ->MinTime(0.1);
    }
  }
  return 0;
}();

}  // namespace
}  // namespace martlet

BENCHMARK_MAIN();

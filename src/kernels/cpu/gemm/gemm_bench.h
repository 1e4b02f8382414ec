// What the GEMM benchmarks share: the shapes of MiniLM and BERT-base, and a loop that measures a
// product in turn with the peak of its instructions, because a machine's clock and neighbours
// change from second to second.
#pragma once

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "core/aligned_buffer.h"
#include "kernels/cpu/kernels.h"

namespace martlet {

struct GemmShape {
  const char* name;
  std::size_t n;
  std::size_t k;
  Activation activation = Activation::kNone;
};

inline constexpr GemmShape kGemmShapes[] = {
    {"minilm_qkv", 1152, 384},
    {"minilm_out", 384, 384},
    {"minilm_ff1", 1536, 384, Activation::kGelu},
    {"minilm_ff2", 384, 1536},
    {"base_qkv", 2304, 768},
    {"base_out", 768, 768},
    {"base_ff1", 3072, 768, Activation::kGelu},
    {"base_ff2", 768, 3072},
};

/// Weights that do not fit a cache are used in turn, as the layers of a model are.
inline constexpr std::size_t kGemmLayers = 6;

/// The same value everywhere, and one that makes no denormal of any product.
inline AlignedBuffer filled(std::size_t size) {
  AlignedBuffer buffer(size);
  std::ranges::fill(buffer.values(), 0.0625F);
  return buffer;
}

template <typename Work>
double seconds_of(const Work& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// `layer(i)` multiplies with the weights of layer i: m x n x k.
template <typename Layer>
void measure_share_of_peak(
    benchmark::State& state, const GemmShape& shape, const PeakKernel& peak, const Layer& layer
) {
  constexpr std::size_t kPeakRounds = 50000;
  const auto m = static_cast<std::size_t>(state.range(0));
  const auto macs = static_cast<double>(kGemmLayers * m * shape.n * shape.k);
  std::vector<double> shares;
  double best = 0;
  for (auto _ : state) {
    const double seconds = seconds_of([&] {
      for (std::size_t i = 0; i < kGemmLayers; ++i) layer(i);
    });
    double peak_macs = 0;
    const double peak_seconds = seconds_of([&] { peak_macs = peak.run(kPeakRounds); });
    best = std::max(best, macs / seconds);
    shares.push_back(macs / seconds / (peak_macs / peak_seconds));
    state.SetIterationTime(seconds);
  }
  const auto middle = shares.begin() + static_cast<std::ptrdiff_t>(shares.size() / 2);
  std::nth_element(shares.begin(), middle, shares.end());
  state.counters["share_of_peak"] = *middle;
  state.counters["gmacs_best"] = best / 1e9;
}

/// "PREFIX/SHAPE" for every shape; `run(state, shape)`.
template <typename Run>
void register_gemm_shapes(const std::string& prefix, const Run& run) {
  for (const GemmShape& shape : kGemmShapes) {
    auto* benchmark = benchmark::RegisterBenchmark(
        (prefix + "/" + shape.name).c_str(), [=](benchmark::State& state) { run(state, shape); }
    );
    benchmark->ArgName("m")->UseManualTime()->MinTime(0.1);
    for (const int m : {1, 8, 16, 32, 128, 192, 512}) benchmark->Arg(m);
  }
}

}  // namespace martlet

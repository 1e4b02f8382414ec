#include "bench/peak_probe.h"

#include <chrono>
#include <numeric>
#include <thread>

#include "bench/statistics.h"

namespace martlet {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::microseconds kSampleTime{200};
/// Longer than an idle worker of a pool spins.
constexpr std::chrono::microseconds kQuietTime{300};

const PeakKernel& peak_kernel(const Kernels& kernels, Precision precision) {
  switch (precision) {
    case Precision::kFp32:
      return kernels.peak_f32;
    case Precision::kBf16:
      return *kernels.peak_bf16;
    case Precision::kInt8:
      return kernels.peak_s8;
  }
  return kernels.peak_f32;
}

/// MACs per second of this thread.
double rate(const PeakKernel& kernel, std::size_t steps) {
  const auto start = Clock::now();
  const double macs = kernel.run(steps);
  return macs / std::chrono::duration<double>(Clock::now() - start).count();
}

/// As many steps as take about kSampleTime.
std::size_t steps_of_a_sample(const PeakKernel& kernel) {
  for (std::size_t steps = 64;; steps *= 2) {
    const auto start = Clock::now();
    kernel.run(steps);
    if (Clock::now() - start > kSampleTime / 2) return steps;
  }
}

}  // namespace

PeakProbe::PeakProbe(const Kernels& kernels, Precision precision, int threads)
    : kernel_(peak_kernel(kernels, precision)),
      pool_({.threads = threads, .spin = std::chrono::microseconds(0)}),
      steps_(steps_of_a_sample(kernel_)),
      rank_rates_(static_cast<std::size_t>(pool_.size())) {}

void PeakProbe::sample() {
  std::this_thread::sleep_for(kQuietTime);
  pool_.run([this](Team& team) {
    kernel_.run(steps_ / 4);  // wakes the wide units
    team.barrier();
    rank_rates_[static_cast<std::size_t>(team.rank())] = rate(kernel_, steps_);
  });
  samples_.push_back(std::accumulate(rank_rates_.begin(), rank_rates_.end(), 0.0));
}

double PeakProbe::macs_per_second() const { return median(samples_); }

}  // namespace martlet

// The multiply-add peak of this machine while something else is measured on it: the yardstick for a
// share of peak.
#pragma once

#include <cstddef>
#include <vector>

#include "core/thread_pool.h"
#include "engines/native/linear.h"
#include "kernels/cpu/kernels.h"

namespace martlet {

class PeakProbe {
 public:
  /// Of the instructions that products of this precision are made of at this level, which must have
  /// them, on `threads` threads.
  PeakProbe(const Kernels& kernels, Precision precision, int threads);

  /// Takes one sample, under a millisecond. First lets other pools' workers stop spinning.
  void sample();

  /// MACs per second of all threads together, the median sample; 0 for none.
  [[nodiscard]] double macs_per_second() const;

 private:
  const PeakKernel& kernel_;
  ThreadPool pool_;
  std::size_t steps_;
  std::vector<double> rank_rates_;
  std::vector<double> samples_;
};

}  // namespace martlet

// Runs one thing again and again for a while and takes its times, in turn with a yardstick.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <vector>

#include "bench/clock.h"
#include "martlet/status.h"

namespace martlet {

struct Workload {
  /// Makes new input for the next run; not timed.
  std::function<void()> prepare;
  /// What is timed.
  std::function<Status()> run;
  /// Measures the machine, every now and then between runs, not timed; may be empty.
  std::function<void()> probe = nullptr;
};

struct MeasureOptions {
  /// Wall time of the runs that count, input and probes included.
  std::chrono::nanoseconds duration = std::chrono::seconds(3);
  /// Wall time of the runs before them.
  std::chrono::nanoseconds warm_up = std::chrono::milliseconds(300);
  /// At least so many of each, however long they take.
  std::size_t least_runs = 3;
  /// Exactly so many runs that count, however long they take; 0: `duration` says when to stop.
  std::size_t runs = 0;
  std::chrono::nanoseconds probe_every = std::chrono::milliseconds(50);
};

struct Measurement {
  double first_ms = 0;  // the first run of all
  std::vector<double> warm_up_ms;
  std::vector<double> ms;
};

/// A run after a probe is not counted: the probe has put the machine into another state.
Result<Measurement> measure(
    const Workload& workload, const MeasureOptions& options, BenchClock& clock
);

}  // namespace martlet

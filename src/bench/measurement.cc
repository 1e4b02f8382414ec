#include "bench/measurement.h"

#include "core/error.h"

namespace martlet {
namespace {

using std::chrono::nanoseconds;

class Runner {
 public:
  Runner(const Workload& workload, BenchClock& clock) : workload_(workload), clock_(clock) {}

  /// One run; its time is added to `ms`.
  Status once(std::vector<double>& ms) {
    workload_.prepare();
    const nanoseconds start = clock_.now();
    MARTLET_RETURN_IF_ERROR(workload_.run());
    ms.push_back(milliseconds(clock_.now() - start));
    return {};
  }

  Status probe() {
    if (!workload_.probe) return {};
    workload_.probe();
    workload_.prepare();
    return workload_.run();
  }

 private:
  const Workload& workload_;
  BenchClock& clock_;
};

}  // namespace

Result<Measurement> measure(
    const Workload& workload, const MeasureOptions& options, BenchClock& clock
) {
  Runner runner(workload, clock);
  Measurement result;
  const nanoseconds warm_end = clock.now() + options.warm_up;
  while (result.warm_up_ms.size() < options.least_runs || clock.now() < warm_end)
    MARTLET_RETURN_IF_ERROR(runner.once(result.warm_up_ms));
  result.first_ms = result.warm_up_ms.front();

  const nanoseconds end = clock.now() + options.duration;
  nanoseconds next_probe = clock.now();
  const auto wants_more = [&] {
    if (options.runs > 0) return result.ms.size() < options.runs;
    return result.ms.size() < options.least_runs || clock.now() < end;
  };
  while (wants_more()) {
    if (clock.now() >= next_probe) {
      MARTLET_RETURN_IF_ERROR(runner.probe());
      next_probe = clock.now() + options.probe_every;
    }
    MARTLET_RETURN_IF_ERROR(runner.once(result.ms));
  }
  return result;
}

}  // namespace martlet

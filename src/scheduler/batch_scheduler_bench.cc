// What the scheduler itself costs: an engine that only echoes.
//   build/release/src/scheduler/batch_scheduler_bench
#include <benchmark/benchmark.h>

#include <atomic>
#include <semaphore>
#include <thread>

#include "martlet/batch_scheduler.h"

namespace martlet {
namespace {

using Scheduler = BatchScheduler<std::uint64_t, std::uint64_t>;

Status echo(std::span<const std::uint64_t* const> queries, std::span<std::uint64_t> answers) {
  for (std::size_t i = 0; i < queries.size(); ++i) answers[i] = *queries[i];
  return {};
}

/// Requests per second from one producer that never waits for an answer.
void throughput(benchmark::State& state) {
  auto scheduler = Scheduler::make({.max_queued_requests = 1 << 20}, echo).value();
  std::atomic<std::uint64_t> answered = 0;
  std::uint64_t accepted = 0;
  for (auto _ : state) {
    while (!scheduler->submit(accepted, 5, {}, [&](Result<std::uint64_t>&&, const RequestTrace&) {
      answered.fetch_add(1, std::memory_order_relaxed);
    })) {
      std::this_thread::yield();
    }
    ++accepted;
  }
  while (answered < accepted) std::this_thread::yield();
  state.SetItemsProcessed(static_cast<std::int64_t>(accepted));
}
BENCHMARK(throughput)->UseRealTime();

/// From submit to Done on an idle scheduler: what a single request pays. Argument: spin, in us.
void round_trip(benchmark::State& state) {
  SchedulerOptions options;
  options.spin = std::chrono::microseconds(state.range(0));
  auto scheduler = Scheduler::make(options, echo).value();
  std::binary_semaphore answered{0};
  for (auto _ : state) {
    static_cast<void>(scheduler->submit(
        1, 5, {}, [&](Result<std::uint64_t>&&, const RequestTrace&) { answered.release(); }
    ));
    answered.acquire();
  }
}
BENCHMARK(round_trip)->Arg(0)->Arg(200)->UseRealTime();

}  // namespace
}  // namespace martlet

BENCHMARK_MAIN();

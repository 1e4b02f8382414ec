#include "core/thread_pool.h"

#include <immintrin.h>
#include <sched.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "core/cpu.h"
#include "core/cpu_move.h"

namespace martlet {
namespace {

using Clock = std::chrono::steady_clock;

/// Set while this thread executes a region: a nested run stays on its caller.
thread_local bool inside_region = false;

}  // namespace

void pause_after(int polls) noexcept {
  constexpr int kPollsBeforeYield = 500;
  if (polls < kPollsBeforeYield) {
    _mm_pause();
  } else {
    std::this_thread::yield();
  }
}

struct ThreadPool::Impl {
  explicit Impl(const ThreadPoolOptions& options) : spin(options.spin) {
    const int size = options.threads > 0 ? options.threads : usable_cpus();
    cpus = std::vector<std::atomic<int>>(static_cast<std::size_t>(size));
    flags = std::vector<BarrierFlag>(
        static_cast<std::size_t>(size) * static_cast<std::size_t>(Team::barrier_rounds(size))
    );
    workers.reserve(static_cast<std::size_t>(size - 1));
    for (int rank = 1; rank < size; ++rank) workers.emplace_back([this, rank] { work(rank); });
  }

  ~Impl() {
    announce([this] { stopping = true; });
    for (std::thread& worker : workers) worker.join();
  }

  /// Publishes a change of what workers read, and wakes those that sleep.
  template <class Change>
  void announce(const Change& change) {
    {
      const std::lock_guard lock(mutex);
      change();
      epoch.fetch_add(1, std::memory_order_release);
    }
    if (parked.load(std::memory_order_seq_cst) > 0) wake.notify_all();
  }

  /// Waits until the epoch has moved on from `seen`: spins first, then sleeps.
  void await_epoch(unsigned seen) {
    const auto deadline = Clock::now() + spin;
    do {
      for (int poll = 0; poll < 64; ++poll) {
        if (epoch.load(std::memory_order_acquire) != seen) return;
        _mm_pause();
      }
    } while (Clock::now() < deadline);
    std::unique_lock lock(mutex);
    parked.fetch_add(1, std::memory_order_seq_cst);
    wake.wait(lock, [&] { return epoch.load(std::memory_order_acquire) != seen; });
    parked.fetch_sub(1, std::memory_order_seq_cst);
  }

  /// Gives `rank` a CPU that no lower rank of the region has. A thread that is woken while others
  /// run is often put behind the one that woke it, and stays there while a CPU idles: two ranks on
  /// one CPU take turns at every barrier.
  void settle(int rank) noexcept {
    cpu_set_t taken;
    CPU_ZERO(&taken);
    for (int lower = 0; lower < rank; ++lower) {
      const int cpu = cpus[static_cast<std::size_t>(lower)].load(std::memory_order_relaxed);
      if (cpu >= 0 && cpu < CPU_SETSIZE) CPU_SET(cpu, &taken);
    }
    int cpu = ::sched_getcpu();
    if (cpu >= 0 && cpu < CPU_SETSIZE && CPU_ISSET(cpu, &taken)) {
      if (const int moved_to = move_away_from(taken); moved_to >= 0) cpu = moved_to;
    }
    cpus[static_cast<std::size_t>(rank)].store(cpu, std::memory_order_relaxed);
  }

  void work(int rank) {
    inside_region = true;
    for (unsigned seen = 0;;) {
      await_epoch(seen);
      // Every region waits for all workers, members or not, so no epoch can be missed.
      ++seen;
      if (stopping) return;
      if (rank < ranks) {
        settle(rank);
        Team team(rank, ranks, flags.data(), barriers);
        (*region)(team);
      }
      pending.fetch_sub(1, std::memory_order_release);
    }
  }

  const std::chrono::microseconds spin;
  std::vector<std::atomic<int>> cpus;  // [size]: where each rank began the region; -1: not yet
  std::vector<BarrierFlag> flags;
  std::vector<std::thread> workers;

  std::mutex busy;  // held by the caller whose region runs
  std::mutex mutex;
  std::condition_variable wake;
  std::atomic<int> parked{0};
  // Written under `mutex` before the epoch moves, read by workers after they have seen it move.
  const RegionRef* region = nullptr;
  int ranks = 0;
  std::uint64_t barriers = 0;  // of all regions before
  bool stopping = false;

  alignas(64) std::atomic<unsigned> epoch{0};
  alignas(64) std::atomic<int> pending{0};  // workers that have not finished the region
};

ThreadPool::ThreadPool(const ThreadPoolOptions& options) : impl_(std::make_unique<Impl>(options)) {}
ThreadPool::~ThreadPool() = default;

int ThreadPool::size() const noexcept { return static_cast<int>(impl_->workers.size()) + 1; }

void ThreadPool::run(RegionRef region, int ranks) {
  ranks = ranks <= 0 ? size() : std::min(ranks, size());
  std::unique_lock busy(impl_->busy, std::defer_lock);
  if (ranks == 1 || inside_region || !busy.try_lock()) {
    Team alone;
    region(alone);
    return;
  }
  impl_->pending.store(size() - 1, std::memory_order_relaxed);
  for (std::atomic<int>& cpu : impl_->cpus) cpu.store(-1, std::memory_order_relaxed);
  impl_->settle(0);
  impl_->announce([&] {
    impl_->region = &region;
    impl_->ranks = ranks;
  });
  inside_region = true;
  Team team(0, ranks, impl_->flags.data(), impl_->barriers);
  region(team);
  inside_region = false;
  for (int polls = 0; impl_->pending.load(std::memory_order_acquire) != 0; ++polls)
    pause_after(polls);
  impl_->barriers = team.passed();
}

}  // namespace martlet

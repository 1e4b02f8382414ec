// Threads for compute: a fixed set of workers that spin briefly for the next parallel region, then
// park.
//
// One region is one call of `run`: every rank executes the same function and may meet the others at
// a barrier. A whole forward pass is one region, so the cost of waking threads is paid once per
// pass.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <type_traits>

namespace martlet {

/// Lets time pass between polls of an atomic; gives the core away once there were many, because the
/// rank waited for may be one that the operating system has not scheduled.
void pause_after(int polls) noexcept;

/// The ranks that execute one region together. Passed to the region's function, one object per
/// rank.
class Team {
 public:
  /// A team of one, for code that runs on its caller alone.
  Team() = default;
  Team(int rank, int size, std::atomic<int>* arrived, std::atomic<int>* generation) noexcept
      : rank_(rank), size_(size), arrived_(arrived), generation_(generation) {}

  [[nodiscard]] int rank() const noexcept { return rank_; }
  [[nodiscard]] int size() const noexcept { return size_; }

  /// Waits until every rank has called it. Writes before it are visible to all ranks after it.
  void barrier() noexcept {
    barrier([] { return false; });
  }
  /// The same, and calls `idle` again and again while it waits: a little work, or false.
  template <class Idle>
  void barrier(const Idle& idle) noexcept {
    if (size_ == 1) return;
    const int generation = generation_->load(std::memory_order_relaxed);
    if (arrived_->fetch_add(1, std::memory_order_acq_rel) == size_ - 1) {
      arrived_->store(0, std::memory_order_relaxed);
      generation_->store(generation + 1, std::memory_order_release);
      return;
    }
    for (int polls = 0; generation_->load(std::memory_order_acquire) == generation; ++polls)
      if (!idle()) pause_after(polls);
  }

 private:
  int rank_ = 0;
  int size_ = 1;
  std::atomic<int>* arrived_ = nullptr;
  std::atomic<int>* generation_ = nullptr;
};

/// A reference to a callable void(Team&) that outlives the call it is passed to. Unlike
/// std::function it never allocates, so neither does a region.
class RegionRef {
 public:
  template <class F>
    requires(!std::is_same_v<std::remove_cvref_t<F>, RegionRef>)
  RegionRef(F&& region) noexcept  // NOLINT: implicit, so that a lambda can be passed
      : object_(const_cast<void*>(static_cast<const void*>(&region))),
        call_([](void* object, Team& team) {
          (*static_cast<std::remove_reference_t<F>*>(object))(team);
        }) {}

  void operator()(Team& team) const { call_(object_, team); }

 private:
  void* object_;
  void (*call_)(void*, Team&);
};

struct ThreadPoolOptions {
  /// Ranks of a full region, the caller included; 0: as many as this process may use
  /// (usable_cpus()).
  int threads = 0;
  /// How long an idle worker spins before it parks; 0: never spin.
  std::chrono::microseconds spin{100};
};

class ThreadPool {
 public:
  explicit ThreadPool(const ThreadPoolOptions& options = {});
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  /// Ranks of a full region.
  [[nodiscard]] int size() const noexcept;

  /// Runs `region` on `ranks` threads (cut to size(); 0: all), the caller being rank 0, and returns
  /// when every rank is done. Safe to call from many threads: a caller that finds the pool busy, or
  /// that is itself inside a region, runs the region alone as a team of one, so the pool never
  /// oversubscribes. `region` must not throw and must be right for any team size.
  void run(RegionRef region, int ranks = 0);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace martlet

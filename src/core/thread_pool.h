// Threads for compute: a fixed set of workers that spin briefly for the next parallel region, then
// park.
//
// One region is one call of `run`: every rank executes the same function and may meet the others at
// a barrier. A whole forward pass is one region, so the cost of waking threads is paid once per
// pass.
#pragma once

#include <atomic>
#include <bit>
#include <chrono>
#include <cstdint>
#include <memory>
#include <type_traits>

namespace martlet {

/// Lets time pass between polls of an atomic; gives the core away once there were many, because the
/// rank waited for may be one that the operating system has not scheduled.
void pause_after(int polls) noexcept;

/// What one rank tells another at a barrier: how far it has come. In a cache line of its own, which
/// one rank writes and one reads.
struct alignas(64) BarrierFlag {
  std::atomic<std::uint64_t> value{0};
};

/// The ranks that execute one region together. Passed to the region's function, one object per
/// rank.
class Team {
 public:
  /// A team of one, for code that runs on its caller alone.
  Team() = default;
  /// `flags`: [size][barrier_rounds(size)], of which none is above `passed`, the barriers of all
  /// teams that used them before.
  Team(int rank, int size, BarrierFlag* flags, std::uint64_t passed) noexcept
      : rank_(rank), size_(size), flags_(flags), passed_(passed) {}

  [[nodiscard]] int rank() const noexcept { return rank_; }
  [[nodiscard]] int size() const noexcept { return size_; }

  /// Waits until every rank has called it. Writes before it are visible to all ranks after it.
  void barrier() noexcept {
    barrier([] { return false; });
  }
  /// The same, and calls `idle` again and again while it waits: a little work, or false.
  ///
  /// In round k a rank tells the one 2^k further that it has come, with all that it has heard of:
  /// no line is written by two, and two ranks need one round (a dissemination barrier).
  template <class Idle>
  void barrier(const Idle& idle) noexcept {
    ++passed_;
    const int rounds = barrier_rounds(size_);
    for (int round = 0; round < rounds; ++round) {
      const int next = (rank_ + (1 << round)) % size_;
      flags_[next * rounds + round].value.store(passed_, std::memory_order_release);
      const std::atomic<std::uint64_t>& mine = flags_[rank_ * rounds + round].value;
      // One that has been told may be told again before it looks.
      for (int polls = 0; mine.load(std::memory_order_acquire) < passed_; ++polls)
        if (!idle()) pause_after(polls);
    }
  }

  /// The barriers of this team and of those before it.
  [[nodiscard]] std::uint64_t passed() const noexcept { return passed_; }

  /// How often two ranks of `size` meet until all have heard of all.
  static constexpr int barrier_rounds(int size) noexcept {
    return std::bit_width(static_cast<unsigned>(size - 1));
  }

 private:
  int rank_ = 0;
  int size_ = 1;
  BarrierFlag* flags_ = nullptr;
  std::uint64_t passed_ = 0;
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

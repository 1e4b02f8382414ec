// How often a model has failed without an answer in between.
#pragma once

#include <atomic>
#include <cstddef>

#include "martlet/status.h"

namespace martlet {

/// Safe to use from several threads.
class FailureStreak {
 public:
  /// A batch of `queries` has ended. A request that the model refuses is the request's fault and
  /// says nothing about the model. Nor does a batch of several that fails: one of them may be why,
  /// and the parts it is run in next will tell.
  void count(const Status& status, std::size_t queries) noexcept {
    if (status.ok() || status.code() == StatusCode::kInvalidArgument) {
      failures_.store(0, std::memory_order_relaxed);
    } else if (queries == 1) {
      failures_.fetch_add(1, std::memory_order_relaxed);
    }
  }

  /// Queries that failed alone since the last batch that did not fail.
  [[nodiscard]] int length() const noexcept { return failures_.load(std::memory_order_relaxed); }

 private:
  std::atomic<int> failures_{0};
};

}  // namespace martlet

// Runs of one Executor without waiting for them, as many at a time as the pool has workers. They
// share its weights.
#pragma once

#include <functional>
#include <future>
#include <memory>
#include <vector>

#include "martlet/executor.h"
#include "martlet/export.h"
#include "martlet/status.h"

namespace martlet {

class MARTLET_API ExecutorPool {
 public:
  using Outputs = Result<std::vector<NamedTensor>>;
  /// Called once, on a worker's thread. Must not throw.
  using Done = std::function<void(Outputs outputs)>;

  /// `workers` runs at a time, at least 1. Load the executor with so many threads that workers x
  /// threads fit the machine.
  ExecutorPool(std::shared_ptr<Executor> executor, int workers);
  /// Runs what has been submitted, then ends.
  ~ExecutorPool();
  ExecutorPool(const ExecutorPool&) = delete;
  ExecutorPool& operator=(const ExecutorPool&) = delete;

  void submit(std::vector<NamedTensor> inputs, Done done);
  std::future<Outputs> submit(std::vector<NamedTensor> inputs);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace martlet

#include "martlet/executor_pool.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <stop_token>
#include <thread>
#include <utility>

namespace martlet {

struct ExecutorPool::Impl {
  struct Job {
    std::vector<NamedTensor> inputs;
    Done done;
  };

  explicit Impl(std::shared_ptr<Executor> model) : executor(std::move(model)) {}

  void work(const std::stop_token& stop);
  Outputs run(const std::vector<NamedTensor>& inputs) const;

  std::shared_ptr<Executor> executor;
  std::mutex mutex;  // of `jobs`
  std::condition_variable_any more;
  std::deque<Job> jobs;
  std::vector<std::jthread> workers;
};

void ExecutorPool::Impl::work(const std::stop_token& stop) {
  std::unique_lock lock(mutex);
  while (true) {
    more.wait(lock, stop, [&] { return !jobs.empty(); });
    if (jobs.empty()) return;  // stopped, and everything is done
    Job job = std::move(jobs.front());
    jobs.pop_front();
    lock.unlock();
    job.done(run(job.inputs));
    lock.lock();
  }
}

ExecutorPool::Outputs ExecutorPool::Impl::run(const std::vector<NamedTensor>& inputs) const {
  std::vector<TensorView> views;
  for (const NamedTensor& input : inputs) views.push_back(input.view());
  std::vector<NamedTensor> outputs;
  if (Status status = executor->run(views, outputs); !status.ok()) return status;
  return outputs;
}

ExecutorPool::ExecutorPool(std::shared_ptr<Executor> executor, int workers)
    : impl_(std::make_unique<Impl>(std::move(executor))) {
  Impl* impl = impl_.get();
  for (int worker = 0; worker < std::max(workers, 1); ++worker)
    impl->workers.emplace_back([impl](const std::stop_token& stop) { impl->work(stop); });
}

ExecutorPool::~ExecutorPool() {
  for (std::jthread& worker : impl_->workers) worker.request_stop();
  impl_->workers.clear();  // joins
}

void ExecutorPool::submit(std::vector<NamedTensor> inputs, Done done) {
  const std::lock_guard lock(impl_->mutex);
  impl_->jobs.push_back({std::move(inputs), std::move(done)});
  impl_->more.notify_one();
}

std::future<ExecutorPool::Outputs> ExecutorPool::submit(std::vector<NamedTensor> inputs) {
  auto promise = std::make_shared<std::promise<Outputs>>();
  auto answer = promise->get_future();
  submit(std::move(inputs), [promise](Outputs outputs) { promise->set_value(std::move(outputs)); });
  return answer;
}

}  // namespace martlet

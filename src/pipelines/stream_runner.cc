#include "pipelines/stream_runner.h"

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <new>
#include <thread>
#include <utility>
#include <vector>

#include "core/cpu.h"
#include "core/error.h"
#include "pipelines/window.h"

namespace martlet {
namespace {

/// One window is delivered or read while the next is computed and the one after it tokenized.
constexpr std::size_t kWindowsInFlight = 3;
/// So few texts are not worth waking workers for.
constexpr std::size_t kFewTexts = 16;

/// A window and how much of it is still to be done.
struct Job {
  explicit Job(const StreamParts& parts) : window(parts) {}

  Window window;
  std::size_t left = 0;  // chunks, then batches
  bool done = false;
};

class StreamRunner {
 public:
  StreamRunner(const StreamParts& parts, const StreamOptions& options)
      : parts_(parts), plan_(options.plan), cancel_(options.cancel) {
    if (plan_.threads == 0) plan_.threads = usable_cpus();
  }
  ~StreamRunner() { stop_workers(); }

  Status run(const TextSource& source, const RowSink& sink);

 private:
  struct Step {
    Job* job;
    std::size_t index;
  };

  bool serial() const { return plan_.order == BatchPlan::Order::kSerial; }
  Status run_here(Window& window, const RowSink& sink) const;

  void start_workers();
  void stop_workers();
  void work(const std::stop_token& stop);
  void tokenize(Step step);
  void compute(Step step, BatchScratch& scratch);

  std::unique_ptr<Job> new_job();
  void submit(Job& job);
  bool finish_step(Job& job);
  void finish(Job& job);
  /// Waits for the job; false when the stream was cancelled meanwhile.
  bool wait(const Job& job);
  Status deliver(const Window& window, const RowSink& sink) const;

  const StreamParts& parts_;
  BatchPlan plan_;
  std::stop_token cancel_;
  std::deque<std::unique_ptr<Job>> in_flight_;  // of the calling thread, oldest first
  std::unique_ptr<Job> spare_;

  std::mutex mutex_;  // of the queues and of Job::left and Job::done
  std::condition_variable_any work_;
  std::condition_variable_any done_;
  std::deque<Step> chunks_;
  std::deque<Step> batches_;
  std::vector<std::jthread> workers_;
};

Status cancelled() { return error(StatusCode::kCancelled, "stream", "stopped on request"); }

Status StreamRunner::run(const TextSource& source, const RowSink& sink) {
  std::size_t next = 0;
  bool more = true;
  while (true) {
    while (more && in_flight_.size() < kWindowsInFlight) {
      if (cancel_.stop_requested()) return cancelled();
      std::unique_ptr<Job> job = new_job();
      more = job->window.read(source, next, static_cast<std::size_t>(plan_.window));
      if (next == 0 && !more && job->window.texts() <= kFewTexts)
        return run_here(job->window, sink);
      next += job->window.texts();
      in_flight_.push_back(std::move(job));
      submit(*in_flight_.back());
    }
    if (in_flight_.empty()) return {};
    if (!wait(*in_flight_.front())) return cancelled();
    spare_ = std::move(in_flight_.front());
    in_flight_.pop_front();
    MARTLET_RETURN_IF_ERROR(deliver(spare_->window, sink));
  }
}

Status StreamRunner::run_here(Window& window, const RowSink& sink) const {
  for (std::size_t chunk = 0; chunk < window.chunks(); ++chunk) window.tokenize(chunk);
  BatchPlan one_by_one = plan_;
  one_by_one.order = BatchPlan::Order::kSerial;
  window.form_batches(one_by_one);
  BatchScratch scratch;
  for (std::size_t batch = 0; batch < window.batches(); ++batch)
    window.compute(batch, plan_.threads, scratch);
  return deliver(window, sink);
}

Status StreamRunner::deliver(const Window& window, const RowSink& sink) const {
  if (const RowBlock rows = window.rows(); rows.rows() > 0) MARTLET_RETURN_IF_ERROR(sink(rows));
  return window.status();
}

std::unique_ptr<Job> StreamRunner::new_job() {
  if (!spare_) return std::make_unique<Job>(parts_);
  return std::move(spare_);
}

void StreamRunner::submit(Job& job) {
  if (workers_.empty()) start_workers();
  const std::lock_guard lock(mutex_);
  job.done = false;
  job.left = job.window.chunks();
  if (job.left == 0) return finish(job);
  for (std::size_t chunk = 0; chunk < job.left; ++chunk) chunks_.push_back({&job, chunk});
  work_.notify_all();
}

void StreamRunner::start_workers() {
  const int count = serial() ? 1 : plan_.threads;
  for (int worker = 0; worker < count; ++worker)
    workers_.emplace_back([this](const std::stop_token& stop) { work(stop); });
}

void StreamRunner::stop_workers() {
  for (std::jthread& worker : workers_) worker.request_stop();
  workers_.clear();  // joins
}

void StreamRunner::work(const std::stop_token& stop) {
  BatchScratch scratch;
  std::unique_lock lock(mutex_);
  while (work_.wait(lock, stop, [&] { return !chunks_.empty() || !batches_.empty(); }) &&
         !stop.stop_requested()) {
    // Tokenizing comes first: it is short, and batches come of it.
    std::deque<Step>& queue = chunks_.empty() ? batches_ : chunks_;
    const bool is_chunk = &queue == &chunks_;
    const Step step = queue.front();
    queue.pop_front();
    lock.unlock();
    if (is_chunk) {
      tokenize(step);
    } else {
      compute(step, scratch);
    }
    lock.lock();
  }
}

void StreamRunner::tokenize(Step step) {
  Window& window = step.job->window;
  window.guard([&] { window.tokenize(step.index); });
  if (!finish_step(*step.job)) return;
  window.guard([&] { window.form_batches(plan_); });
  const std::lock_guard lock(mutex_);
  step.job->left = window.batches();
  if (step.job->left == 0) return finish(*step.job);
  for (std::size_t batch = 0; batch < step.job->left; ++batch)
    batches_.push_back({step.job, batch});
  work_.notify_all();
}

void StreamRunner::compute(Step step, BatchScratch& scratch) {
  Window& window = step.job->window;
  window.guard([&] { window.compute(step.index, serial() ? plan_.threads : 1, scratch); });
  if (!finish_step(*step.job)) return;
  const std::lock_guard lock(mutex_);
  finish(*step.job);
}

/// Whether this was the last one of the job's chunks or batches.
bool StreamRunner::finish_step(Job& job) {
  const std::lock_guard lock(mutex_);
  return --job.left == 0;
}

void StreamRunner::finish(Job& job) {
  job.done = true;
  done_.notify_all();
}

bool StreamRunner::wait(const Job& job) {
  std::unique_lock lock(mutex_);
  return done_.wait(lock, cancel_, [&] { return job.done; });
}

}  // namespace

Status run_stream(
    const StreamParts& parts, const StreamOptions& options, const TextSource& source,
    const RowSink& sink
) {
  MARTLET_RETURN_IF_ERROR(check(options.plan));
  try {
    return StreamRunner(parts, options).run(source, sink);
  } catch (const std::bad_alloc&) {
    return out_of_memory();
  }
}

}  // namespace martlet

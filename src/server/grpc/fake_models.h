// Models for tests of the gRPC server: a registry of FakeModels, whose answers follow from the
// texts.
#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "core/error.h"
#include "server/service/model_registry.h"

namespace martlet::test {

/// Of a text (or pair) of n bytes a classifier's logits are {n, -n}, a reranker's {n - 5} and an
/// embedding {n, n + 1, n + 2}; its two tokens' are {1, 2, 3} and {4, 5, 6}. Some texts are
/// special: "refuse" finds the queue full, "break" fails the engine, "wait" is answered when it is
/// cancelled, "late" after 100 ms.
class FakeModel final : public ServedModel {
 public:
  FakeModel(std::string name, ModelTask task, const Tokenizer& tokenizer) : tokenizer_(tokenizer) {
    info_.name = std::move(name);
    info_.task = task;
    info_.max_length = 64;
    info_.encoder.precision = "fp32";
    info_.encoder.hidden_size = 3;
    if (task == ModelTask::kTextClassification) info_.labels = {"NEGATIVE", "POSITIVE"};
    if (task == ModelTask::kRerank) info_.labels = {"LABEL_0"};
    info_.encoder.labels = static_cast<int32_t>(info_.labels.size());
  }
  ~FakeModel() override {
    for (auto& thread : threads_) thread.join();
  }

  [[nodiscard]] const ModelInfo& info() const noexcept override { return info_; }
  [[nodiscard]] const Tokenizer* tokenizer() const noexcept override { return &tokenizer_; }

  RequestHandlePtr submit(
      std::vector<TextInput> inputs, const RequestOptions& options, Callback callback
  ) override {
    {
      const std::lock_guard lock(mutex_);
      last_options_ = options;
      ++submitted_;
    }
    changed_.notify_all();
    const std::string& first = inputs.front().text;
    if (first == "refuse") {
      RequestFacts facts;
      facts.retry_after = std::chrono::milliseconds(1500);
      callback(error(StatusCode::kResourceExhausted, "queue", "the queue is full"), facts);
      return nullptr;
    }
    if (first == "break") {
      callback(error(StatusCode::kInternal, "engine", "the engine failed"), {});
      return nullptr;
    }
    if (first == "wait") return std::make_shared<Waiting>(*this, std::move(callback));
    if (at_once_) {
      answer(inputs, options, callback);
      return nullptr;
    }
    const bool late = first == "late";
    const std::lock_guard lock(mutex_);
    threads_.emplace_back([this, late, options, inputs = std::move(inputs),
                           callback = std::move(callback)] {
      if (late) std::this_thread::sleep_for(std::chrono::milliseconds(100));
      answer(inputs, options, callback);
    });
    return nullptr;
  }

  bool run_aside(std::function<void()> task) override {
    task();
    return true;
  }
  [[nodiscard]] bool healthy() override { return true; }
  [[nodiscard]] ModelStatistics statistics() const override {
    ModelStatistics statistics;
    statistics.texts = 7;
    statistics.batches = 3;
    statistics.batch_sizes[2].add(std::chrono::microseconds(5));
    return statistics;
  }
  void drain(std::chrono::steady_clock::time_point /*deadline*/) override {}

  /// From now on answers come from inside `submit`, "late" ones too, and no thread is started.
  void answer_at_once() { at_once_ = true; }

  RequestOptions last_options() {
    const std::lock_guard lock(mutex_);
    return last_options_;
  }

  int cancelled() {
    const std::lock_guard lock(mutex_);
    return cancelled_;
  }

  /// Whether `count` requests were cancelled, or have come, within half a minute.
  bool wait_for_cancelled(int count) { return reaches(cancelled_, count); }
  bool wait_for_submitted(int count) { return reaches(submitted_, count); }

 private:
  class Waiting final : public RequestHandle {
   public:
    Waiting(FakeModel& model, Callback callback) : model_(model), callback_(std::move(callback)) {}
    void cancel() noexcept override {
      {
        const std::lock_guard lock(model_.mutex_);
        ++model_.cancelled_;
      }
      model_.changed_.notify_all();
      callback_(error(StatusCode::kCancelled, "request", "cancelled"), {});
    }

   private:
    FakeModel& model_;
    Callback callback_;
  };

  bool reaches(const int& counter, int count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(30), [&] { return counter >= count; });
  }

  void answer(
      const std::vector<TextInput>& inputs, const RequestOptions& options, const Callback& callback
  ) const {
    std::vector<TextAnswer> answers;
    RequestFacts facts;
    for (const TextInput& input : inputs) {
      const auto bytes = static_cast<float>(input.text.size() + input.pair.value_or("").size());
      TextAnswer& out = answers.emplace_back();
      out.tokens = out.original_tokens = 2;
      facts.tokens += out.tokens;
      if (options.kind == AnswerKind::kTokens) {
        out.values = {1, 2, 3, 4, 5, 6};
      } else if (info_.task == ModelTask::kRerank) {
        out.values = {bytes - 5};
      } else if (info_.is_classifier()) {
        out.values = {bytes, -bytes};
      } else {
        out.values = {bytes, bytes + 1, bytes + 2};
      }
    }
    callback(std::move(answers), facts);
  }

  ModelInfo info_;
  const Tokenizer& tokenizer_;
  bool at_once_ = false;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::thread> threads_;
  RequestOptions last_options_;
  int cancelled_ = 0;
  int submitted_ = 0;
};

/// Models are added by hand.
class FakeRegistry final : public ModelRegistry {
 public:
  FakeRegistry() : tokenizer_(load_tokenizer()) {}

  FakeModel& add(const std::string& name, ModelTask task) {
    const std::lock_guard lock(mutex_);
    auto model = std::make_shared<FakeModel>(name, task, tokenizer_);
    models_[name] = model;
    return *model;
  }
  /// A name whose model is still being read.
  void add_loading(const std::string& name) {
    const std::lock_guard lock(mutex_);
    models_[name] = nullptr;
  }

  [[nodiscard]] std::shared_ptr<ServedModel> find(std::string_view name) const override {
    const std::lock_guard lock(mutex_);
    const auto found = models_.find(std::string(name));
    return found == models_.end() ? nullptr : found->second;
  }
  [[nodiscard]] std::shared_ptr<ServedModel> only(Fits fits) const override {
    const std::lock_guard lock(mutex_);
    std::shared_ptr<ServedModel> found;
    for (const auto& [name, model] : models_) {
      if (!model || (fits != nullptr && !fits(model->info()))) continue;
      if (found) return nullptr;
      found = model;
    }
    return found;
  }
  [[nodiscard]] std::vector<ModelEntry> index() const override {
    const std::lock_guard lock(mutex_);
    std::vector<ModelEntry> entries;
    for (const auto& [name, model] : models_)
      entries.push_back({name, model ? ModelState::kReady : ModelState::kLoading, ""});
    return entries;
  }
  [[nodiscard]] bool ready() const override {
    const std::lock_guard lock(mutex_);
    for (const auto& [name, model] : models_)
      if (!model) return false;
    return !models_.empty() && !draining_;
  }
  void announce(const ModelSpec& /*spec*/) override {}
  Status load(const ModelSpec& /*spec*/) override { return {}; }
  Status reload(std::string_view /*name*/) override { return {}; }
  Status unload(std::string_view name) override {
    const std::lock_guard lock(mutex_);
    models_.erase(std::string(name));
    return {};
  }
  void drain(std::chrono::steady_clock::time_point /*deadline*/) override {}
  void stop_being_ready() override {
    const std::lock_guard lock(mutex_);
    draining_ = true;
  }

 private:
  static Tokenizer load_tokenizer() {
    return Tokenizer::load(MARTLET_SOURCE_DIR "/tests/golden/models/bert-odd").value();
  }

  const Tokenizer tokenizer_;
  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<FakeModel>> models_;
  bool draining_ = false;
};

}  // namespace martlet::test

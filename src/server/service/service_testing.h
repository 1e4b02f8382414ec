// For the tests of the service and the routes: served golden models, and a callback to wait for.
#pragma once

#include <atomic>
#include <chrono>
#include <filesystem>
#include <future>
#include <limits>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "server/service/model_registry.h"
#include "server/service/scheduled_model.h"

namespace martlet {

/// Of models/ or text_tasks/.
inline std::filesystem::path served_golden(std::string_view name) {
  const auto golden = std::filesystem::path(MARTLET_SOURCE_DIR) / "tests" / "golden";
  const auto model = golden / "models" / name;
  return std::filesystem::exists(model) ? model : golden / "text_tasks" / name;
}

inline LoadedModel load_golden(std::string_view name) {
  ServingOptions options;
  options.encoder.threads = 1;
  auto model = load_served_model({std::string(name), served_golden(name)}, options);
  if (!model) throw std::runtime_error(model.error().message());
  return *std::move(model);
}

inline std::unique_ptr<ServedModel> serve(LoadedModel model, const ServingOptions& options = {}) {
  auto served = make_scheduled_model(std::move(model), options);
  if (!served) throw std::runtime_error(served.error().message());
  return *std::move(served);
}

struct WaitedAnswer {
  Result<std::vector<TextAnswer>> answers = Status();
  RequestFacts facts;
};

/// Submits and waits.
inline WaitedAnswer ask(
    ServedModel& model, std::vector<TextInput> inputs, const RequestOptions& options = {}
) {
  std::promise<WaitedAnswer> promise;
  auto future = promise.get_future();
  model.submit(
      std::move(inputs), options,
      [&](Result<std::vector<TextAnswer>>&& answers, const RequestFacts& facts) {
        promise.set_value({std::move(answers), facts});
      }
  );
  return future.get();
}

inline std::vector<TextInput> inputs_of(std::initializer_list<std::string_view> texts) {
  std::vector<TextInput> inputs;
  for (const std::string_view text : texts) inputs.push_back({.text = std::string(text)});
  return inputs;
}

/// Behaves as the encoder inside, until it is told to fail, to wait or to answer NaN.
class FaultyEncoder final : public Encoder {
 public:
  explicit FaultyEncoder(std::unique_ptr<Encoder> inside) : inside_(std::move(inside)) {}

  [[nodiscard]] const EncoderInfo& info() const noexcept override { return inside_->info(); }

  Status run(const TokenBatch& batch, const RunOptions& options, EncoderOutput& output) override {
    ++entered;
    threads = options.threads;
    while (held) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    if (fails) return {StatusCode::kInternal, "[faulty] told to fail"};
    if (throws) throw std::runtime_error("told to throw at /secret/path");
    const Status status = inside_->run(batch, options, output);
    if (gives_nan) output.values[0] = std::numeric_limits<float>::quiet_NaN();
    return status;
  }

  std::atomic<int> entered{0};   // runs that have begun
  std::atomic<int> threads{-1};  // RunOptions::threads of the last run
  std::atomic<bool> held{false};
  std::atomic<bool> fails{false};
  std::atomic<bool> throws{false};
  std::atomic<bool> gives_nan{false};

 private:
  std::unique_ptr<Encoder> inside_;
};

/// Puts a FaultyEncoder around the model's; it lives as long as the model.
inline FaultyEncoder& make_faulty(LoadedModel& model) {
  auto faulty = std::make_unique<FaultyEncoder>(std::move(model.encoder));
  FaultyEncoder& reference = *faulty;
  model.encoder = std::move(faulty);
  return reference;
}

}  // namespace martlet

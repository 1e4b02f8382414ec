// For tests that care where an answer goes, not what it says: a model whose logits are the token
// ids it was asked for, after a random delay.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <random>
#include <stdexcept>
#include <thread>
#include <utility>

#include "server/service/service_testing.h"

namespace martlet {

inline constexpr std::size_t kEchoIds = 5;  // labels of the golden model bert-odd

/// A request's number, below 2^25, as token ids.
using EchoIds = std::array<int32_t, kEchoIds>;
inline EchoIds echo_ids(uint32_t number) {
  constexpr uint32_t kBase = 32;  // all of them are in the vocabulary
  EchoIds ids{};
  for (int32_t& id : ids) {
    id = static_cast<int32_t>(number % kBase);
    number /= kBase;
  }
  return ids;
}

/// Logit i of a sequence is its token i.
class EchoEncoder final : public Encoder {
 public:
  explicit EchoEncoder(EncoderInfo info) : info_(std::move(info)) {}

  [[nodiscard]] const EncoderInfo& info() const noexcept override { return info_; }

  Status run(const TokenBatch& batch, const RunOptions&, EncoderOutput& output) override {
    delay();
    output.rows = batch.sequences();
    output.columns = kEchoIds;
    output.values.assign(output.rows * kEchoIds, -1);
    for (std::size_t row = 0; row < output.rows; ++row) {
      const auto begin = static_cast<std::size_t>(batch.starts[row]);
      const auto end = static_cast<std::size_t>(batch.starts[row + 1]);
      for (std::size_t i = 0; i < kEchoIds && begin + i < end; ++i)
        output.values[row * kEchoIds + i] = static_cast<float>(batch.ids[begin + i]);
    }
    rows_ += output.rows;
    return {};
  }

  /// Sequences that were computed.
  [[nodiscard]] std::size_t rows() const noexcept { return rows_; }

 private:
  /// None mostly, now and then up to 3 ms.
  void delay() {
    std::chrono::microseconds time{0};
    {
      const std::lock_guard lock(mutex_);
      if (random_() % 8 == 0) time = std::chrono::microseconds(random_() % 3000);
    }
    if (time.count() > 0) std::this_thread::sleep_for(time);
  }

  const EncoderInfo info_;
  std::atomic<std::size_t> rows_{0};
  std::mutex mutex_;
  std::mt19937 random_{1};
};

/// A registry with one ready model, "echo", and its encoder.
struct EchoRegistry {
  std::unique_ptr<ModelRegistry> models;
  EchoEncoder* encoder = nullptr;  // the model's
};

inline EchoRegistry make_echo_registry(const ServingOptions& options = {}) {
  const auto latest = std::make_shared<EchoEncoder*>();
  auto models = make_model_registry([latest, options](const ModelSpec& spec) {
    LoadedModel model = load_golden("bert-odd");
    model.info.name = spec.name;
    auto encoder = std::make_unique<EchoEncoder>(model.encoder->info());
    *latest = encoder.get();
    model.encoder = std::move(encoder);
    return make_scheduled_model(std::move(model), options);
  });
  const Status status = models->load({"echo", {}});
  if (!status.ok()) throw std::runtime_error(status.message());
  return {std::move(models), *latest};
}

/// `quickly`, or `all` of them where long tests are asked for.
inline std::size_t requests_to_send(std::size_t quickly, std::size_t all) {
  return std::getenv("MARTLET_TEST_ALL") != nullptr ? all : quickly;
}

}  // namespace martlet

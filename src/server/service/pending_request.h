// A request on its way through a served model: what it asked, how far it is, and who waits for it.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "martlet/scheduling.h"
#include "server/service/served_model.h"
#include "server/service/text_encoder.h"

namespace martlet {

/// What cancelling a request does, which may happen at any time.
class CancellableRequest : public RequestHandle {
 public:
  void cancel() noexcept override;
  [[nodiscard]] bool cancelled() const;

  /// What takes its queries out of the scheduler. Runs at once when it is cancelled already, and
  /// never after `close`.
  void set_canceller(std::function<void()> canceller);
  /// It has its answer: nothing is left to cancel. False: it was cancelled before, and that is its
  /// answer, however far the work had come.
  [[nodiscard]] bool close();

 private:
  mutable std::mutex mutex_;
  bool cancelled_ = false;
  bool closed_ = false;
  std::function<void()> canceller_;
};

/// One thread at a time moves it on; only `cancel` comes from others.
class PendingRequest final : public CancellableRequest {
 public:
  PendingRequest(
      std::vector<TextInput> inputs_in, const RequestOptions& options_in, AnswerKind kind_in,
      ServedModel::Callback callback_in
  )
      : inputs(std::move(inputs_in)),
        options(options_in),
        kind(kind_in),
        callback(std::move(callback_in)) {}

  std::vector<TextInput> inputs;
  const RequestOptions options;
  const AnswerKind kind;
  ServedModel::Callback callback;
  const std::chrono::steady_clock::time_point begun = std::chrono::steady_clock::now();
  const std::shared_ptr<EncodedTexts> texts = std::make_shared<EncodedTexts>();
  RequestFacts facts;
};

}  // namespace martlet

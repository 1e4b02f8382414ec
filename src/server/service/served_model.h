// A loaded model that answers requests from many threads: tokenizer, encoder and one scheduler that
// forms batches across requests.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "martlet/status.h"
#include "martlet/tokenizer.h"
#include "server/service/model_info.h"
#include "server/service/request.h"
#include "server/service/statistics.h"
#include "server/service/tensor_service.h"

namespace martlet {

/// A request on its way. Dropping it changes nothing.
class RequestHandle {
 public:
  virtual ~RequestHandle() = default;
  /// Texts that are still queued are not computed. The callback still comes, with kCancelled where
  /// the answer was not ready.
  virtual void cancel() noexcept = 0;
};

/// A request that is over before `submit` returned, which a null handle says, needs no cancelling.
using RequestHandlePtr = std::shared_ptr<RequestHandle>;

class ServedModel {
 public:
  /// The answers in the order of the inputs, or why there are none. Called exactly once, on a
  /// thread of the model or, for a request that was refused at once, on the submitting one. It must
  /// not block and must not destroy the model.
  using Callback =
      std::function<void(Result<std::vector<TextAnswer>>&& answers, const RequestFacts& facts)>;

  virtual ~ServedModel() = default;

  [[nodiscard]] virtual const ModelInfo& info() const noexcept = 0;
  /// Null for a model that does not read texts.
  [[nodiscard]] virtual const Tokenizer* tokenizer() const noexcept = 0;
  /// For requests of tensors; null for a model that takes none by name.
  [[nodiscard]] virtual TensorService* tensors() noexcept { return nullptr; }

  /// Returns at once; tokenizing and computing happen on the model's own threads. Failures:
  /// kInvalidInput and kInvalidArgument for what the request asks, kUnsupported for a kind of
  /// answer that the model does not give, kResourceExhausted (with facts.retry_after) when the
  /// queue is full, kDeadlineExceeded, kCancelled, kUnavailable while draining, kInternal.
  virtual RequestHandlePtr submit(
      std::vector<TextInput> inputs, const RequestOptions& options, Callback callback
  ) = 0;

  /// What `submit` would answer now to any request of normal priority, when it would refuse them
  /// all; it then counts as such a refusal. Cheap: for a route that has yet to read the body.
  struct Refused {
    Status status;
    RequestFacts facts;
  };
  [[nodiscard]] virtual std::optional<Refused> refuse_unread() { return {}; }

  /// Runs `task`, something short such as tokenizing for a /tokenize route, on the thread that
  /// tokenizes. False, and `task` is not run, when too much is waiting there.
  virtual bool run_aside(std::function<void()> task) = 0;

  /// False after several texts failed in a row, each alone. While it is false, asking also tries
  /// the model again now and then, so that a model that has recovered says so.
  [[nodiscard]] virtual bool healthy() = 0;

  [[nodiscard]] virtual ModelStatistics statistics() const = 0;

  /// Takes no new requests and waits for the accepted ones until `deadline`, then fails the rest
  /// with kCancelled.
  virtual void drain(std::chrono::steady_clock::time_point deadline) = 0;
};

}  // namespace martlet

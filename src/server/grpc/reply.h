// The answer that a handler owes to one request, whether that came in a call of its own or with
// others in a stream.
#pragma once

#include <grpcpp/support/status.h>

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "server/grpc/call_facts.h"
#include "server/service/served_model.h"

namespace martlet {

/// How a request ended, and, of one that was refused, when to try again.
struct Outcome {
  grpc::Status status;
  std::optional<std::chrono::milliseconds> retry_after;
};

/// Fill `message`, then `finish` exactly once, on any thread. The request that a handler got stays
/// where it is until then.
template <class Message>
class Reply {
 public:
  using Finished = std::function<void(Outcome&&)>;

  Reply(const CallFacts& facts, Message& message, Finished finished)
      : facts_(facts), message_(message), finished_(std::move(finished)) {
    facts_.rules->unanswered.fetch_add(1);
  }
  Reply(const Reply&) = delete;
  Reply& operator=(const Reply&) = delete;

  [[nodiscard]] const CallFacts& facts() const noexcept { return facts_; }
  [[nodiscard]] Message& message() noexcept { return message_; }

  void finish(Outcome outcome) {
    {
      const std::lock_guard lock(mutex_);
      done_ = true;
      handle_.reset();
    }
    facts_.rules->unanswered.fetch_sub(1);
    finished_(std::move(outcome));
  }

  /// What is to be cancelled when the client goes away; at once, if it has gone. Null: nothing.
  void cancel_with(const RequestHandlePtr& handle) {
    std::unique_lock lock(mutex_);
    if (done_ || !handle) return;
    handle_ = handle;
    const bool gone = gone_;
    lock.unlock();
    if (gone) handle->cancel();
  }

  /// The client has gone away.
  void cancel() {
    std::unique_lock lock(mutex_);
    gone_ = true;
    const RequestHandlePtr handle = handle_;
    lock.unlock();
    if (handle) handle->cancel();
  }

 private:
  const CallFacts& facts_;
  Message& message_;
  Finished finished_;

  std::mutex mutex_;
  bool done_ = false;
  bool gone_ = false;
  RequestHandlePtr handle_;
};

template <class Message>
using ReplyPtr = std::shared_ptr<Reply<Message>>;

/// Answers one request, now or later; must not block.
template <class Request, class Message>
using ReplyHandler = std::function<void(const Request&, ReplyPtr<Message>)>;

}  // namespace martlet

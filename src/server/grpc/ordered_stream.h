// A call of many requests, each answered as one alone would be, in the order in which they came.
#pragma once

#include <grpcpp/support/server_callback.h>

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "server/grpc/call_facts.h"
#include "server/grpc/reply.h"

namespace martlet {

/// Writes a failure into the answer of the request that failed.
template <class Message>
using FailureWriter = std::function<void(const grpc::Status&, Message&)>;

/// Owns itself until gRPC says that the call is over. Requests are read ahead, so that they can
/// share batches, but at most CallRules::stream_window of them are unanswered: a client that does
/// not read its answers is not read from either. The first request that fails ends the call with
/// its status, unless `write_failure` says how an answer tells of it.
template <class Request, class Message>
class OrderedStream final : public grpc::ServerBidiReactor<Request, Message> {
 public:
  OrderedStream(
      const CallRules& rules, const grpc::CallbackServerContext& context,
      ReplyHandler<Request, Message> handler, FailureWriter<Message> write_failure
  )
      : facts_(read_call_facts(rules, context)),
        window_(rules.stream_window),
        handler_(std::move(handler)),
        write_failure_(std::move(write_failure)) {
    proceed(std::unique_lock(mutex_));
  }

  void OnReadDone(bool ok) override {
    std::unique_lock lock(mutex_);
    reading_ = false;
    if (ok && !failed_) {
      Slot& slot = *slots_.emplace_back(std::move(next_));
      slot.reply = std::make_shared<Reply<Message>>(
          facts_, slot.message, [this, &slot](Outcome&& outcome) { answered(slot, outcome); }
      );
      ++unanswered_;
      const ReplyPtr<Message> reply = slot.reply;
      lock.unlock();
      handler_(slot.request, reply);
      lock.lock();
    } else {
      input_ended_ = true;
    }
    proceed(std::move(lock));
  }

  void OnWriteDone(bool ok) override {
    std::unique_lock lock(mutex_);
    writing_ = false;
    slots_.pop_front();
    if (!ok) fail(client_gone());
    proceed(std::move(lock));
  }

  void OnCancel() override {
    std::unique_lock lock(mutex_);
    fail(client_gone());
    proceed(std::move(lock));
  }

  void OnDone() override { delete this; }

 private:
  struct Slot {
    Request request;
    Message message;
    ReplyPtr<Message> reply;
    grpc::Status status;
    bool ready = false;
  };

  static grpc::Status client_gone() {
    return {grpc::StatusCode::CANCELLED, "[stream] the client has gone"};
  }

  void answered(Slot& slot, const Outcome& outcome) {
    std::unique_lock lock(mutex_);
    slot.status = outcome.status;
    if (!slot.status.ok() && write_failure_) {
      write_failure_(slot.status, slot.message);
      slot.status = grpc::Status::OK;
    }
    slot.ready = true;
    --unanswered_;
    proceed(std::move(lock));
  }

  void fail(grpc::Status status) {
    if (failed_) return;
    failed_ = true;
    status_ = std::move(status);
  }

  /// Does what can be done next. gRPC deletes this object some time after Finish, which is why the
  /// lock comes in, and why nothing follows Finish.
  void proceed(std::unique_lock<std::mutex> lock) {
    if (finished_) return;
    if (!failed_ && !writing_ && !slots_.empty() && slots_.front()->ready) {
      if (slots_.front()->status.ok()) {
        writing_ = true;
        this->StartWrite(&slots_.front()->message);
      } else {
        fail(slots_.front()->status);
      }
    }
    if (failed_ && unanswered_ != 0) return cancel_rest(std::move(lock));
    if (!failed_ && !reading_ && !input_ended_ && slots_.size() < window_) {
      reading_ = true;
      next_ = std::make_unique<Slot>();
      this->StartRead(&next_->request);
    }
    if (!writing_ && (failed_ || (input_ended_ && slots_.empty()))) {
      finished_ = true;
      grpc::Status status = status_;
      lock.unlock();
      this->Finish(std::move(status));
    }
  }

  /// Cancelled requests may be answered within this call; the last one finishes the stream.
  void cancel_rest(std::unique_lock<std::mutex> lock) {
    std::vector<ReplyPtr<Message>> replies;
    for (const auto& slot : slots_) {
      if (!slot->ready) replies.push_back(slot->reply);
    }
    lock.unlock();
    for (const auto& reply : replies) reply->cancel();
  }

  const CallFacts facts_;
  const std::size_t window_;
  const ReplyHandler<Request, Message> handler_;
  const FailureWriter<Message> write_failure_;

  std::mutex mutex_;
  std::unique_ptr<Slot> next_;               // being read into
  std::deque<std::unique_ptr<Slot>> slots_;  // in order, until they are written
  std::size_t unanswered_ = 0;
  bool reading_ = false;
  bool writing_ = false;  // the first slot
  bool input_ended_ = false;
  bool failed_ = false;
  bool finished_ = false;
  grpc::Status status_;
};

/// Ends at once.
template <class Request, class Message>
class RefusedStream final : public grpc::ServerBidiReactor<Request, Message> {
 public:
  explicit RefusedStream(grpc::Status status) { this->Finish(std::move(status)); }
  void OnDone() override { delete this; }
};

}  // namespace martlet

// A call of one request and one answer.
#pragma once

#include <grpcpp/support/server_callback.h>

#include <memory>
#include <string>
#include <utility>

#include "server/grpc/call_facts.h"
#include "server/grpc/reply.h"

namespace martlet {

/// Owns itself until gRPC says that the call is over.
template <class Message>
class UnaryCall final : public grpc::ServerUnaryReactor {
 public:
  UnaryCall(const CallRules& rules, grpc::CallbackServerContext& context, Message& message)
      : context_(context),
        facts_(read_call_facts(rules, context)),
        reply_(std::make_shared<Reply<Message>>(facts_, message, [this](Outcome&& outcome) {
          finish(std::move(outcome));
        })) {}

  [[nodiscard]] const ReplyPtr<Message>& reply() const noexcept { return reply_; }

  void OnCancel() override { reply_->cancel(); }
  void OnDone() override { delete this; }

 private:
  void finish(Outcome&& outcome) {
    if (outcome.retry_after) {
      // What gRPC clients with a retry policy obey.
      context_.AddTrailingMetadata(
          "grpc-retry-pushback-ms", std::to_string(outcome.retry_after->count())
      );
    }
    Finish(std::move(outcome.status));
  }

  grpc::CallbackServerContext& context_;
  const CallFacts facts_;
  const ReplyPtr<Message> reply_;
};

}  // namespace martlet

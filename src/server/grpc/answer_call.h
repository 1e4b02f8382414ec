// From a generated service's method to a handler: checks the key, makes the call's object.
#pragma once

#include <utility>

#include "server/grpc/call_facts.h"
#include "server/grpc/ordered_stream.h"
#include "server/grpc/unary_call.h"

namespace martlet {

template <class Message, class Handler>
grpc::ServerUnaryReactor* answer_call(
    const CallRules& rules, grpc::CallbackServerContext* context, Message* message,
    Handler&& handler
) {
  auto* call = new UnaryCall<Message>(rules, *context, *message);  // deletes itself
  if (grpc::Status status = check_api_key(*context, rules.api_key); !status.ok()) {
    call->reply()->finish({std::move(status), std::nullopt});
  } else {
    handler(call->reply());
  }
  return call;
}

template <class Request, class Message>
grpc::ServerBidiReactor<Request, Message>* answer_stream(
    const CallRules& rules, grpc::CallbackServerContext* context,
    ReplyHandler<Request, Message> handler, FailureWriter<Message> write_failure = nullptr
) {
  if (grpc::Status status = check_api_key(*context, rules.api_key); !status.ok()) {
    return new RefusedStream<Request, Message>(std::move(status));
  }
  return new OrderedStream<Request, Message>(
      rules, *context, std::move(handler), std::move(write_failure)
  );
}

}  // namespace martlet

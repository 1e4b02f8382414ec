// From a handler to a model and back.
#pragma once

#include <functional>
#include <utility>
#include <vector>

#include "server/grpc/outcome.h"
#include "server/grpc/reply.h"
#include "server/service/served_model.h"

namespace martlet {

/// Turns a model's answers, in the order of the inputs, into a message.
template <class Message>
using AnswerWriter =
    std::function<void(const std::vector<TextAnswer>&, const RequestFacts&, Message&)>;

/// Asks the model, and finishes `reply` when it has answered. A client that goes away cancels.
template <class Message>
void submit(
    ServedModel& model, std::vector<TextInput> inputs, const RequestOptions& options,
    const ReplyPtr<Message>& reply, AnswerWriter<Message> write
) {
  auto handle = model.submit(
      std::move(inputs), options,
      [reply, write = std::move(write
              )](Result<std::vector<TextAnswer>>&& answers, const RequestFacts& facts) {
        if (answers) write(*answers, facts, reply->message());
        reply->finish(make_outcome(answers.status(), facts));
      }
  );
  reply->cancel_with(std::move(handle));
}

/// The same for a model that takes tensors.
template <class Message>
void submit_tensors(
    ServedModel& model, TensorRequest tensors, const RequestOptions& options,
    const ReplyPtr<Message>& reply,
    std::function<void(std::vector<NamedTensor>&& outputs, Message& message)> write
) {
  auto handle = model.tensors()->submit_tensors(
      std::move(tensors), options,
      [reply, write = std::move(write
              )](Result<std::vector<NamedTensor>>&& outputs, const RequestFacts& facts) {
        const Status status = outputs.status();
        if (outputs) write(*std::move(outputs), reply->message());
        reply->finish(make_outcome(status, facts));
      }
  );
  reply->cancel_with(std::move(handle));
}

}  // namespace martlet

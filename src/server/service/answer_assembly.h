// The values of a request's texts, as the scheduler gives them back, to the answers it gets.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "martlet/scheduling.h"
#include "martlet/status.h"
#include "server/service/batch_runner.h"
#include "server/service/loaded_model.h"
#include "server/service/pending_request.h"
#include "server/service/request.h"

namespace martlet {

/// The longest waits and the largest batch of a request's texts.
void read_traces(std::span<const RequestTrace> traces, RequestFacts& facts);

/// What the scheduler has to know of a request.
SubmitOptions submit_options(const RequestOptions& options);

/// Why the scheduler refused a request, and in `facts` when to try again.
Status take_refusal(const Refusal& refusal, RequestFacts& facts);

/// ServedModel::refuse_unread for what the scheduler says of one more request.
template <class Admitted>
std::optional<ServedModel::Refused> refuse_unread(
    const Admitted& room, StatisticsRecorder& recorder
) {
  if (room) return {};
  ServedModel::Refused refused;
  refused.status = take_refusal(room.error(), refused.facts);
  recorder.started();
  recorder.failed(refused.status.code(), {});
  return refused;
}

/// Takes the values and fills request.facts. The first text that failed fails the request, and so
/// does one whose values are not finite.
Result<std::vector<TextAnswer>> assemble_answers(
    const LoadedModel& model, PendingRequest& request, std::span<Result<TextValues>> values
);

}  // namespace martlet

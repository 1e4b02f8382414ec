#include "server/grpc/v2_handlers.h"

#include <array>
#include <functional>
#include <utility>

#include "core/error.h"
#include "server/grpc/model_choice.h"
#include "server/grpc/outcome.h"
#include "server/grpc/submit.h"
#include "server/grpc/v2_messages.h"
#include "server/v2/graph_tensors.h"

namespace martlet {
namespace {

using inference::ModelInferRequest;
using inference::ModelInferResponse;
using inference::ModelStreamInferResponse;

constexpr std::array kExtensions{
    "classification", "model_configuration", "model_repository(index)", "parameters", "statistics",
};

/// Asks `model`; `response_of` is where in the message of `reply` the answer goes.
template <class Message>
Status
ask(ServedModel& model, const ModelInferRequest& request, const ReplyPtr<Message>& reply,
    ModelInferResponse& (*response_of)(Message&)) {
  auto read = read_infer_request(request);
  if (!read) return read.error();
  auto plan = plan_v2(model.info(), *std::move(read), reply->facts().received);
  if (!plan) return plan.error();
  RequestOptions options = plan->options;
  if (reply->facts().deadline &&
      (!options.deadline || *reply->facts().deadline < *options.deadline))
    options.deadline = reply->facts().deadline;
  if (plan->tensors) {
    submit_tensors<Message>(
        model, *std::move(plan->tensors), options, reply,
        [&model, &request, response_of](std::vector<NamedTensor>&& outputs, Message& message) {
          write_infer_response(
              model.info(), request, make_v2_answer(std::move(outputs)), response_of(message)
          );
        }
    );
    return {};
  }
  submit<Message>(
      model, std::move(plan->inputs), options, reply,
      [&model, &request, response_of, outputs = std::move(plan->outputs)](
          const std::vector<TextAnswer>& answers, const RequestFacts&, Message& message
      ) {
        write_infer_response(
            model.info(), request, make_v2_answer(model.info(), outputs, answers),
            response_of(message)
        );
      }
  );
  return {};
}

}  // namespace

Result<std::shared_ptr<ServedModel>> V2Handlers::find(
    const std::string& name, const std::string& version
) const {
  auto model = find_model(registry_, name);
  if (!model) return model;
  MARTLET_RETURN_IF_ERROR(check_v2_version((*model)->info(), version));
  return model;
}

void V2Handlers::server_live(
    const inference::ServerLiveRequest& /*request*/,
    const ReplyPtr<inference::ServerLiveResponse>& reply
) const {
  reply->message().set_live(true);
  reply->finish({});
}

void V2Handlers::server_ready(
    const inference::ServerReadyRequest& /*request*/,
    const ReplyPtr<inference::ServerReadyResponse>& reply
) const {
  reply->message().set_ready(registry_.ready());
  reply->finish({});
}

void V2Handlers::model_ready(
    const inference::ModelReadyRequest& request,
    const ReplyPtr<inference::ModelReadyResponse>& reply
) const {
  const auto model = find(request.name(), request.version());
  if (!model && model.error().code() != StatusCode::kUnavailable)
    return reply->finish(make_outcome(model.error()));
  reply->message().set_ready(model.has_value());
  reply->finish({});
}

void V2Handlers::server_metadata(
    const inference::ServerMetadataRequest& /*request*/,
    const ReplyPtr<inference::ServerMetadataResponse>& reply
) const {
  reply->message().set_name("martlet");
  reply->message().set_version(options_.server_version);
  for (const char* extension : kExtensions) reply->message().add_extensions(extension);
  reply->finish({});
}

void V2Handlers::model_metadata(
    const inference::ModelMetadataRequest& request,
    const ReplyPtr<inference::ModelMetadataResponse>& reply
) const {
  const auto model = find(request.name(), request.version());
  if (model) write_model_metadata((*model)->info(), reply->message());
  reply->finish(make_outcome(model.status()));
}

void V2Handlers::infer(const ModelInferRequest& request, const ReplyPtr<ModelInferResponse>& reply)
    const {
  const auto model = find(request.model_name(), request.model_version());
  Status status = model.status();
  if (status.ok()) {
    status = ask<ModelInferResponse>(
        **model, request, reply, [](ModelInferResponse& message) -> auto& { return message; }
    );
  }
  if (!status.ok()) reply->finish(make_outcome(status));
}

void V2Handlers::stream_infer(
    const ModelInferRequest& request, const ReplyPtr<ModelStreamInferResponse>& reply
) const {
  reply->message().mutable_infer_response()->set_id(request.id());
  const auto model = find(request.model_name(), request.model_version());
  Status status = model.status();
  if (status.ok()) {
    status = ask<ModelStreamInferResponse>(
        **model, request, reply,
        [](ModelStreamInferResponse& message) -> auto& { return *message.mutable_infer_response(); }
    );
  }
  if (!status.ok()) reply->finish(make_outcome(status));
}

void V2Handlers::model_config(
    const inference::ModelConfigRequest& request,
    const ReplyPtr<inference::ModelConfigResponse>& reply
) const {
  const auto model = find(request.name(), request.version());
  if (model)
    write_model_config((*model)->info(), options_.serving, *reply->message().mutable_config());
  reply->finish(make_outcome(model.status()));
}

void V2Handlers::model_statistics(
    const inference::ModelStatisticsRequest& request,
    const ReplyPtr<inference::ModelStatisticsResponse>& reply
) const {
  const auto write = [&](const ServedModel& model) {
    write_model_statistics(model.info(), model.statistics(), *reply->message().add_model_stats());
  };
  if (!request.name().empty()) {
    const auto model = find(request.name(), request.version());
    if (model) write(**model);
    return reply->finish(make_outcome(model.status()));
  }
  for (const ModelEntry& entry : registry_.index()) {
    if (const auto model = registry_.find(entry.name)) write(*model);
  }
  reply->finish({});
}

void V2Handlers::repository_index(
    const inference::RepositoryIndexRequest& request,
    const ReplyPtr<inference::RepositoryIndexResponse>& reply
) const {
  for (const ModelEntry& entry : registry_.index()) {
    if (request.ready() && entry.state != ModelState::kReady) continue;
    auto& model = *reply->message().add_models();
    model.set_name(entry.name);
    if (const auto ready = registry_.find(entry.name)) model.set_version(ready->info().version);
    model.set_state(std::string(to_string(entry.state)));
    model.set_reason(entry.reason);
  }
  reply->finish({});
}

}  // namespace martlet

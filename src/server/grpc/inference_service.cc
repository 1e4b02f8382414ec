#include "server/grpc/inference_service.h"

#include "open_inference_grpc.grpc.pb.h"

// NOLINTBEGIN(readability-identifier-naming): the methods' names are the protocol's.
namespace martlet {
namespace {

using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;
using inference::ModelInferRequest;
using inference::ModelStreamInferResponse;

class InferenceService final : public inference::GRPCInferenceService::CallbackService {
 public:
  InferenceService(const CallRules& rules, const V2Handlers& handlers)
      : rules_(rules), handlers_(handlers) {}

  ServerUnaryReactor* ServerLive(
      CallbackServerContext* context, const inference::ServerLiveRequest* request,
      inference::ServerLiveResponse* response
  ) override {
    return call(context, request, response, &V2Handlers::server_live);
  }

  ServerUnaryReactor* ServerReady(
      CallbackServerContext* context, const inference::ServerReadyRequest* request,
      inference::ServerReadyResponse* response
  ) override {
    return call(context, request, response, &V2Handlers::server_ready);
  }

  ServerUnaryReactor* ModelReady(
      CallbackServerContext* context, const inference::ModelReadyRequest* request,
      inference::ModelReadyResponse* response
  ) override {
    return call(context, request, response, &V2Handlers::model_ready);
  }

  ServerUnaryReactor* ServerMetadata(
      CallbackServerContext* context, const inference::ServerMetadataRequest* request,
      inference::ServerMetadataResponse* response
  ) override {
    return call(context, request, response, &V2Handlers::server_metadata);
  }

  ServerUnaryReactor* ModelMetadata(
      CallbackServerContext* context, const inference::ModelMetadataRequest* request,
      inference::ModelMetadataResponse* response
  ) override {
    return call(context, request, response, &V2Handlers::model_metadata);
  }

  ServerUnaryReactor* ModelInfer(
      CallbackServerContext* context, const inference::ModelInferRequest* request,
      inference::ModelInferResponse* response
  ) override {
    return call(context, request, response, &V2Handlers::infer);
  }

  grpc::ServerBidiReactor<ModelInferRequest, ModelStreamInferResponse>* ModelStreamInfer(
      CallbackServerContext* context
  ) override {
    return answer_stream<ModelInferRequest, ModelStreamInferResponse>(
        rules_, context,
        [this](const ModelInferRequest& request, const ReplyPtr<ModelStreamInferResponse>& reply) {
          handlers_.stream_infer(request, reply);
        },
        [](const grpc::Status& failure, ModelStreamInferResponse& message) {
          message.set_error_message(failure.error_message());
        }
    );
  }

  ServerUnaryReactor* ModelConfig(
      CallbackServerContext* context, const inference::ModelConfigRequest* request,
      inference::ModelConfigResponse* response
  ) override {
    return call(context, request, response, &V2Handlers::model_config);
  }

  ServerUnaryReactor* ModelStatistics(
      CallbackServerContext* context, const inference::ModelStatisticsRequest* request,
      inference::ModelStatisticsResponse* response
  ) override {
    return call(context, request, response, &V2Handlers::model_statistics);
  }

  ServerUnaryReactor* RepositoryIndex(
      CallbackServerContext* context, const inference::RepositoryIndexRequest* request,
      inference::RepositoryIndexResponse* response
  ) override {
    return call(context, request, response, &V2Handlers::repository_index);
  }

 private:
  /// `handler` is a member function of V2Handlers.
  template <class Request, class Message>
  ServerUnaryReactor* call(
      CallbackServerContext* context, const Request* request, Message* message,
      void (V2Handlers::*handler)(const Request&, const ReplyPtr<Message>&) const
  ) const {
    return answer_call(rules_, context, message, [&](const ReplyPtr<Message>& reply) {
      (handlers_.*handler)(*request, reply);
    });
  }

  const CallRules& rules_;
  const V2Handlers& handlers_;
};

}  // namespace

std::unique_ptr<grpc::Service> make_inference_service(
    const CallRules& rules, const V2Handlers& handlers
) {
  return std::make_unique<InferenceService>(rules, handlers);
}

}  // namespace martlet
// NOLINTEND(readability-identifier-naming)

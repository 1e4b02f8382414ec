// What the Open Inference Protocol's gRPC service answers.
#pragma once

#include "open_inference_grpc.pb.h"
#include "server/grpc/grpc_server.h"
#include "server/grpc/reply.h"

namespace martlet {

/// Safe to call from many threads.
class V2Handlers {
 public:
  /// Both must outlive it.
  V2Handlers(const GrpcOptions& options, const ModelRegistry& registry)
      : options_(options), registry_(registry) {}

  void server_live(
      const inference::ServerLiveRequest& request,
      const ReplyPtr<inference::ServerLiveResponse>& reply
  ) const;
  void server_ready(
      const inference::ServerReadyRequest& request,
      const ReplyPtr<inference::ServerReadyResponse>& reply
  ) const;
  void model_ready(
      const inference::ModelReadyRequest& request,
      const ReplyPtr<inference::ModelReadyResponse>& reply
  ) const;
  void server_metadata(
      const inference::ServerMetadataRequest& request,
      const ReplyPtr<inference::ServerMetadataResponse>& reply
  ) const;
  void model_metadata(
      const inference::ModelMetadataRequest& request,
      const ReplyPtr<inference::ModelMetadataResponse>& reply
  ) const;
  void infer(
      const inference::ModelInferRequest& request,
      const ReplyPtr<inference::ModelInferResponse>& reply
  ) const;
  /// As infer, with failures as messages: the other requests of a stream go on.
  void stream_infer(
      const inference::ModelInferRequest& request,
      const ReplyPtr<inference::ModelStreamInferResponse>& reply
  ) const;
  void model_config(
      const inference::ModelConfigRequest& request,
      const ReplyPtr<inference::ModelConfigResponse>& reply
  ) const;
  void model_statistics(
      const inference::ModelStatisticsRequest& request,
      const ReplyPtr<inference::ModelStatisticsResponse>& reply
  ) const;
  void repository_index(
      const inference::RepositoryIndexRequest& request,
      const ReplyPtr<inference::RepositoryIndexResponse>& reply
  ) const;

 private:
  [[nodiscard]] Result<std::shared_ptr<ServedModel>> find(
      const std::string& name, const std::string& version
  ) const;

  const GrpcOptions& options_;
  const ModelRegistry& registry_;
};

}  // namespace martlet

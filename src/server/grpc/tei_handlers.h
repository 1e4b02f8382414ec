// What text-embeddings-inference's gRPC services answer. With several models loaded, the one for
// the task answers, or the one that metadata `martlet-model` names.
#pragma once

#include <memory>
#include <string_view>

#include "martlet/status.h"
#include "server/grpc/grpc_server.h"
#include "server/grpc/reply.h"
#include "tei.pb.h"

namespace martlet {

/// Safe to call from many threads.
class TeiHandlers {
 public:
  /// Both must outlive it.
  TeiHandlers(const GrpcOptions& options, const ModelRegistry& registry)
      : options_(options), registry_(registry) {}

  /// Texts of one request at most.
  [[nodiscard]] int max_texts() const noexcept { return options_.serving.max_inputs; }

  void info(const tei::v1::InfoRequest& request, const ReplyPtr<tei::v1::InfoResponse>& reply)
      const;
  void embed(const tei::v1::EmbedRequest& request, const ReplyPtr<tei::v1::EmbedResponse>& reply)
      const;
  void embed_all(
      const tei::v1::EmbedAllRequest& request, const ReplyPtr<tei::v1::EmbedAllResponse>& reply
  ) const;
  void predict(
      const tei::v1::PredictRequest& request, const ReplyPtr<tei::v1::PredictResponse>& reply
  ) const;
  void predict_pair(
      const tei::v1::PredictPairRequest& request, const ReplyPtr<tei::v1::PredictResponse>& reply
  ) const;
  void rerank(const tei::v1::RerankRequest& request, const ReplyPtr<tei::v1::RerankResponse>& reply)
      const;
  void tokenize(
      const tei::v1::EncodeRequest& request, const ReplyPtr<tei::v1::EncodeResponse>& reply
  ) const;
  void decode(const tei::v1::DecodeRequest& request, const ReplyPtr<tei::v1::DecodeResponse>& reply)
      const;

 private:
  const GrpcOptions& options_;
  const ModelRegistry& registry_;
};

}  // namespace martlet

#include "server/grpc/rerank_stream.h"

#include <memory>
#include <utility>

#include "core/error.h"
#include "server/grpc/outcome.h"
#include "server/service/text_pairs.h"

namespace martlet {
namespace {

using tei::v1::RerankRequest;
using tei::v1::RerankResponse;
using tei::v1::RerankStreamRequest;

/// Owns itself until gRPC says that the call is over.
class RerankStream final : public grpc::ServerReadReactor<RerankStreamRequest> {
 public:
  RerankStream(
      const CallRules& rules, const grpc::CallbackServerContext& context, RerankResponse& response,
      const TeiHandlers& handlers
  )
      : facts_(read_call_facts(rules, context)),
        handlers_(handlers),
        reply_(std::make_shared<Reply<RerankResponse>>(facts_, response, [this](Outcome&& outcome) {
          Finish(std::move(outcome.status));
        })) {
    StartRead(&next_);
  }

  void OnReadDone(bool ok) override {
    if (!ok) return handlers_.rerank(request_, reply_);
    if (request_.texts_size() == handlers_.max_texts()) {
      return reply_->finish(make_outcome(error(
          StatusCode::kInvalidInput, "texts", "too many of them, expected at most {}",
          handlers_.max_texts()
      )));
    }
    bytes_ += next_.text().size();
    if (const Status status = check_meant(0, bytes_, 0); !status.ok())
      return reply_->finish(make_outcome(status));
    take(next_);
    StartRead(&next_);
  }

  void OnCancel() override { reply_->cancel(); }
  void OnDone() override { delete this; }

 private:
  /// The first message decides how the whole is answered.
  void take(RerankStreamRequest& message) {
    if (request_.texts().empty()) {
      request_.set_query(std::move(*message.mutable_query()));
      request_.set_truncate(message.truncate());
      request_.set_raw_scores(message.raw_scores());
      request_.set_return_text(message.return_text());
      request_.set_truncation_direction(message.truncation_direction());
    }
    request_.add_texts(std::move(*message.mutable_text()));
  }

  const CallFacts facts_;
  const TeiHandlers& handlers_;
  const ReplyPtr<RerankResponse> reply_;
  RerankStreamRequest next_;
  RerankRequest request_;
  std::size_t bytes_ = 0;  // of its texts
};

class RefusedRerankStream final : public grpc::ServerReadReactor<RerankStreamRequest> {
 public:
  explicit RefusedRerankStream(grpc::Status status) { Finish(std::move(status)); }
  void OnDone() override { delete this; }
};

}  // namespace

grpc::ServerReadReactor<RerankStreamRequest>* answer_rerank_stream(
    const CallRules& rules, grpc::CallbackServerContext* context, RerankResponse* response,
    const TeiHandlers& handlers
) {
  if (grpc::Status status = check_api_key(*context, rules.api_key); !status.ok()) {
    return new RefusedRerankStream(std::move(status));
  }
  return new RerankStream(rules, *context, *response, handlers);
}

}  // namespace martlet

#include "server/grpc/tei_services.h"

#include <utility>

#include "server/grpc/rerank_stream.h"
#include "tei.grpc.pb.h"

// NOLINTBEGIN(readability-identifier-naming): the methods' names are the protocol's.
namespace martlet {
namespace {

using grpc::CallbackServerContext;
using grpc::ServerBidiReactor;
using grpc::ServerUnaryReactor;

/// What the services below share. `Handler` is a member function of TeiHandlers.
class TeiService {
 public:
  TeiService(const CallRules& rules, const TeiHandlers& handlers)
      : rules_(rules), handlers_(handlers) {}

 protected:
  template <class Request, class Message>
  using Handler = void (TeiHandlers::*)(const Request&, const ReplyPtr<Message>&) const;

  template <class Request, class Message>
  ServerUnaryReactor* call(
      CallbackServerContext* context, const Request* request, Message* message,
      Handler<Request, Message> handler
  ) const {
    return answer_call(rules_, context, message, [&](const ReplyPtr<Message>& reply) {
      (handlers_.*handler)(*request, reply);
    });
  }

  template <class Request, class Message>
  ServerBidiReactor<Request, Message>* stream(
      CallbackServerContext* context, Handler<Request, Message> handler
  ) const {
    return answer_stream<Request, Message>(
        rules_, context,
        [this, handler](const Request& request, const ReplyPtr<Message>& reply) {
          (handlers_.*handler)(request, reply);
        }
    );
  }

  const CallRules& rules_;
  const TeiHandlers& handlers_;
};

class InfoService final : public tei::v1::Info::CallbackService, TeiService {
 public:
  using TeiService::TeiService;

  ServerUnaryReactor* Info(
      CallbackServerContext* context, const tei::v1::InfoRequest* request,
      tei::v1::InfoResponse* response
  ) override {
    return call(context, request, response, &TeiHandlers::info);
  }
};

class EmbedService final : public tei::v1::Embed::CallbackService, TeiService {
 public:
  using TeiService::TeiService;

  ServerUnaryReactor* Embed(
      CallbackServerContext* context, const tei::v1::EmbedRequest* request,
      tei::v1::EmbedResponse* response
  ) override {
    return call(context, request, response, &TeiHandlers::embed);
  }

  ServerBidiReactor<tei::v1::EmbedRequest, tei::v1::EmbedResponse>* EmbedStream(
      CallbackServerContext* context
  ) override {
    return stream(context, &TeiHandlers::embed);
  }

  ServerUnaryReactor* EmbedAll(
      CallbackServerContext* context, const tei::v1::EmbedAllRequest* request,
      tei::v1::EmbedAllResponse* response
  ) override {
    return call(context, request, response, &TeiHandlers::embed_all);
  }

  ServerBidiReactor<tei::v1::EmbedAllRequest, tei::v1::EmbedAllResponse>* EmbedAllStream(
      CallbackServerContext* context
  ) override {
    return stream(context, &TeiHandlers::embed_all);
  }
};

class PredictService final : public tei::v1::Predict::CallbackService, TeiService {
 public:
  using TeiService::TeiService;

  ServerUnaryReactor* Predict(
      CallbackServerContext* context, const tei::v1::PredictRequest* request,
      tei::v1::PredictResponse* response
  ) override {
    return call(context, request, response, &TeiHandlers::predict);
  }

  ServerUnaryReactor* PredictPair(
      CallbackServerContext* context, const tei::v1::PredictPairRequest* request,
      tei::v1::PredictResponse* response
  ) override {
    return call(context, request, response, &TeiHandlers::predict_pair);
  }

  ServerBidiReactor<tei::v1::PredictRequest, tei::v1::PredictResponse>* PredictStream(
      CallbackServerContext* context
  ) override {
    return stream(context, &TeiHandlers::predict);
  }

  ServerBidiReactor<tei::v1::PredictPairRequest, tei::v1::PredictResponse>* PredictPairStream(
      CallbackServerContext* context
  ) override {
    return stream(context, &TeiHandlers::predict_pair);
  }
};

class RerankService final : public tei::v1::Rerank::CallbackService, TeiService {
 public:
  using TeiService::TeiService;

  ServerUnaryReactor* Rerank(
      CallbackServerContext* context, const tei::v1::RerankRequest* request,
      tei::v1::RerankResponse* response
  ) override {
    return call(context, request, response, &TeiHandlers::rerank);
  }

  grpc::ServerReadReactor<tei::v1::RerankStreamRequest>* RerankStream(
      CallbackServerContext* context, tei::v1::RerankResponse* response
  ) override {
    return answer_rerank_stream(rules_, context, response, handlers_);
  }
};

class TokenizeService final : public tei::v1::Tokenize::CallbackService, TeiService {
 public:
  using TeiService::TeiService;

  ServerUnaryReactor* Tokenize(
      CallbackServerContext* context, const tei::v1::EncodeRequest* request,
      tei::v1::EncodeResponse* response
  ) override {
    return call(context, request, response, &TeiHandlers::tokenize);
  }

  ServerBidiReactor<tei::v1::EncodeRequest, tei::v1::EncodeResponse>* TokenizeStream(
      CallbackServerContext* context
  ) override {
    return stream(context, &TeiHandlers::tokenize);
  }

  ServerUnaryReactor* Decode(
      CallbackServerContext* context, const tei::v1::DecodeRequest* request,
      tei::v1::DecodeResponse* response
  ) override {
    return call(context, request, response, &TeiHandlers::decode);
  }

  ServerBidiReactor<tei::v1::DecodeRequest, tei::v1::DecodeResponse>* DecodeStream(
      CallbackServerContext* context
  ) override {
    return stream(context, &TeiHandlers::decode);
  }
};

}  // namespace

std::vector<std::unique_ptr<grpc::Service>> make_tei_services(
    const CallRules& rules, const TeiHandlers& handlers
) {
  std::vector<std::unique_ptr<grpc::Service>> services;
  services.push_back(std::make_unique<InfoService>(rules, handlers));
  services.push_back(std::make_unique<EmbedService>(rules, handlers));
  services.push_back(std::make_unique<PredictService>(rules, handlers));
  services.push_back(std::make_unique<RerankService>(rules, handlers));
  services.push_back(std::make_unique<TokenizeService>(rules, handlers));
  return services;
}

}  // namespace martlet
// NOLINTEND(readability-identifier-naming)

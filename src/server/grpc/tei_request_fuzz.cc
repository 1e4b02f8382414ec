// Whatever bytes a client sends to the methods of text-embeddings-inference, the first byte saying
// which: answered once, with a message or one line of why not.
#include <cstdint>
#include <cstdlib>
#include <memory>

#include "server/grpc/fake_models.h"
#include "server/grpc/tei_handlers.h"

namespace {

using namespace martlet;
using namespace tei::v1;

struct Service {
  Service() {
    for (const auto& [name, task] :
         {std::pair("classifier", ModelTask::kTextClassification),
          std::pair("embedder", ModelTask::kEmbedding), std::pair("reranker", ModelTask::kRerank)})
      registry.add(name, task).answer_at_once();
  }

  test::FakeRegistry registry;
  GrpcOptions options;
  TeiHandlers handlers{options, registry};
  CallRules rules;
};

void check(const Outcome& outcome) {
  constexpr std::size_t kLongest = 1000;
  const std::string line = outcome.status.error_message();
  if (outcome.status.ok() != line.empty() || line.size() > kLongest) std::abort();
  for (const char c : line) {
    if (static_cast<unsigned char>(c) < ' ') std::abort();
  }
}

template <class Request, class Response>
void call(
    void (TeiHandlers::*method)(const Request&, const ReplyPtr<Response>&) const, const char* model,
    const std::uint8_t* data, std::size_t size
) {
  static Service service;
  Request request;
  if (!request.ParseFromArray(data, static_cast<int>(size))) return;
  CallFacts facts;
  facts.rules = &service.rules;
  facts.model = model;
  Response response;
  int finished = 0;
  const auto reply = std::make_shared<Reply<Response>>(facts, response, [&](Outcome&& outcome) {
    ++finished;
    check(outcome);
  });
  (service.handlers.*method)(request, reply);
  reply->cancel();
  if (finished != 1 || service.rules.unanswered != 0) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::uint8_t* message = data + 1;
  --size;
  switch (data[0] % 8) {
    case 0:
      return call(&TeiHandlers::info, "embedder", message, size), 0;
    case 1:
      return call(&TeiHandlers::embed, "", message, size), 0;
    case 2:
      return call(&TeiHandlers::embed_all, "embedder", message, size), 0;
    case 3:
      return call(&TeiHandlers::predict, "classifier", message, size), 0;
    case 4:
      return call(&TeiHandlers::predict_pair, "classifier", message, size), 0;
    case 5:
      return call(&TeiHandlers::rerank, "", message, size), 0;
    case 6:
      return call(&TeiHandlers::tokenize, "classifier", message, size), 0;
    default:
      return call(&TeiHandlers::decode, "classifier", message, size), 0;
  }
}

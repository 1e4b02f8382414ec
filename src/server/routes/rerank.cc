#include "server/routes/rerank.h"

#include <utility>

#include "core/error.h"
#include "formats/json.h"
#include "formats/json_writer.h"
#include "pipelines/scores.h"
#include "server/routes/rerank_request.h"
#include "server/routes/rerank_scores.h"
#include "server/routes/text_route.h"
#include "server/service/text_pairs.h"

namespace martlet {
namespace {

/// Cohere's clients read `message`, Jina's `detail`.
HttpResponse rerank_error(int status, std::string_view message) {
  HttpResponse response{.status = status};
  {
    JsonObject object(response.body);
    object.member("message", message);
    object.member("detail", message);
  }
  return response;
}

const Dialect& rerank_dialect() {
  static const Dialect dialect{.error_shape = rerank_error};
  return dialect;
}

void append_results(
    std::string& out, const ModelInfo& info, const RerankRequest& request,
    const std::vector<TextAnswer>& answers
) {
  const std::vector<float> scores = rerank_scores(info, answers, request.raw_scores);
  JsonArray results(out);
  for (const std::size_t index : best_scores(scores, static_cast<std::size_t>(request.top_n))) {
    JsonObject entry(results.next());
    entry.member("index", static_cast<int64_t>(index));
    entry.member("relevance_score", scores[index]);
    if (answers[index].truncated) entry.member("truncated", true);
    if (request.return_documents)
      JsonObject(entry.key("document")).member("text", request.documents[index]);
  }
}

/// What Cohere's client asks of `meta` and Jina's of `usage`.
void append_usage(JsonObject& object, const RequestFacts& facts) {
  {
    JsonObject meta(object.key("meta"));
    JsonObject(meta.key("api_version")).member("version", "1");
    JsonObject(meta.key("billed_units")).member("search_units", int64_t{1});
    JsonObject(meta.key("tokens")).member("input_tokens", facts.tokens);
  }
  JsonObject(object.key("usage")).member("total_tokens", facts.tokens);
}

std::string rerank_body(
    const std::string& id, const ModelInfo& info, const RerankRequest& request,
    const std::vector<TextAnswer>& answers, const RequestFacts& facts
) {
  std::string body;
  {
    JsonObject object(body);
    object.member("id", id);
    object.member("model", info.name);
    append_results(object.key("results"), info, request, answers);
    append_usage(object, facts);
    object.member("truncated_texts", facts.truncated);
  }
  return body;
}

Result<std::shared_ptr<ServedModel>> find_reranker(
    const RouteContext& context, const std::string& name
) {
  auto model = find_model(context.models, name, &reranks, NameRule::kLenient);
  if (!model || reranks((*model)->info())) return model;
  return error(
      StatusCode::kUnsupported, "request",
      "the model {} is no reranker, which has one or two labels", in_quotes((*model)->info().name)
  );
}

void rerank(const RouteContext& context, HttpRequest&& request, Responder responder) {
  auto parsed = parse_rerank_request(request.body, request.received);
  if (!parsed) return answer_failure(std::move(responder), parsed.error(), rerank_dialect());
  auto model = find_reranker(context, parsed->model);
  if (!model) return answer_failure(std::move(responder), model.error(), rerank_dialect());
  const std::string_view query = parsed->query;
  const std::vector<std::string_view> documents(parsed->documents.begin(), parsed->documents.end());
  auto pairs = pair_texts({&query, 1}, documents, context.serving.max_inputs);
  if (!pairs) return answer_failure(std::move(responder), pairs.error(), rerank_dialect());
  TextRequest texts{
      .model = *std::move(model), .inputs = *std::move(pairs), .options = parsed->options
  };
  answer_texts(
      request, std::move(responder), std::move(texts), rerank_dialect(),
      [id = request.id, asked = *std::move(parsed)](
          const ModelInfo& info, std::vector<TextAnswer>&& answers, const RequestFacts& facts
      ) {
        HttpResponse response;
        response.body = rerank_body(id, info, asked, answers, facts);
        return response;
      }
  );
}

}  // namespace

void add_rerank_routes(Router& router, const RouteContext& context) {
  for (const std::string_view path : {"/v1/rerank", "/v2/rerank"}) {
    router.add(
        "POST", path, off_io_thread(context, in_context(context, &rerank)),
        while_there_is_room(context, rerank_dialect())
    );
    router.set_error_shape(path, rerank_error);
  }
}

}  // namespace martlet

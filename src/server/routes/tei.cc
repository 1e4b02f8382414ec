#include "server/routes/tei.h"

#include <utility>

#include "core/error.h"
#include "formats/json.h"
#include "formats/json_writer.h"
#include "server/routes/native.h"
#include "server/routes/tei_answer.h"
#include "server/routes/tei_request.h"
#include "server/routes/text_route.h"
#include "server/service/text_pairs.h"

namespace martlet {
namespace {

int tei_status(StatusCode code) noexcept {
  switch (code) {
    case StatusCode::kInvalidInput:
    case StatusCode::kInvalidArgument:
      return 422;
    case StatusCode::kUnsupported:
    case StatusCode::kInternal:
      return 424;
    default:
      return http_status(code);
  }
}

std::string_view error_type(int status) {
  switch (status) {
    case 400:
      return "Empty";
    case 401:
    case 403:
      return "Unauthorized";
    case 404:
    case 405:
    case 413:
    case 422:
      return "Validation";
    case 429:
    case 504:
      return "Overloaded";
    case 503:
      return "Unhealthy";
    default:
      return "Backend";
  }
}

HttpResponse tei_error(int status, std::string_view message) {
  HttpResponse response{.status = status};
  {
    JsonObject object(response.body);
    object.member("error", message);
    object.member("error_type", error_type(status));
  }
  return response;
}

const Dialect& tei_dialect() {
  static const Dialect dialect{.error_shape = tei_error, .status_of = &tei_status};
  return dialect;
}

ModelRegistry::Fits fits_of(TeiRoute route) {
  switch (route) {
    case TeiRoute::kEmbed:
    case TeiRoute::kEmbedAll:
    case TeiRoute::kSimilarity:
      return &embeds;
    case TeiRoute::kPredict:
      return &classifies;
    case TeiRoute::kRerank:
      return &reranks;
    case TeiRoute::kTokenize:
      break;
  }
  return nullptr;
}

/// Where several models are loaded and the task does not decide, ?model=NAME does.
Result<std::shared_ptr<ServedModel>> model_of(
    const RouteContext& context, const HttpRequest& request, ModelRegistry::Fits fits
) {
  return find_model(context.models, query_parameter(request.query, "model"), fits);
}

std::size_t characters_of(const std::vector<TextInput>& inputs) {
  std::size_t characters = 0;
  for (const TextInput& input : inputs) {
    for (const char c : input.text) characters += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }
  return characters;
}

/// What the route needs beyond the task: a reranker has one or two labels.
Status check_route(TeiRoute route, const ModelInfo& info) {
  if (route != TeiRoute::kRerank || reranks(info)) return {};
  return error(
      StatusCode::kUnsupported, "request",
      "the model {} is no reranker, which has one or two labels", in_quotes(info.name)
  );
}

/// Of rerank, the query with each text.
Status make_pairs(const RouteContext& context, TeiRoute route, TeiRequest& request) {
  if (route != TeiRoute::kRerank) return {};
  const std::string_view query = request.query;
  const std::vector<std::string_view> texts(request.texts.begin(), request.texts.end());
  auto pairs = pair_texts({&query, 1}, texts, context.serving.max_inputs);
  if (!pairs) return pairs.error();
  request.inputs = *std::move(pairs);
  return {};
}

void answer_tei(
    const RouteContext& context, TeiRoute route, HttpRequest&& request, Responder responder
) {
  auto parsed = parse_tei_request(route, request.body);
  if (!parsed) return answer_failure(std::move(responder), parsed.error(), tei_dialect());
  const auto model = model_of(context, request, fits_of(route));
  if (!model) return answer_failure(std::move(responder), model.error(), tei_dialect());
  if (const Status status = make_pairs(context, route, *parsed); !status.ok())
    return answer_failure(std::move(responder), status, tei_dialect());
  if (parsed->inputs.empty()) return responder.send(tei_error(400, "`inputs` cannot be empty"));
  if (const Status status = check_route(route, (*model)->info()); !status.ok())
    return answer_failure(std::move(responder), status, tei_dialect());
  TextRequest texts{
      .model = *model, .inputs = std::move(parsed->inputs), .options = parsed->options
  };
  if (route == TeiRoute::kTokenize) {
    return tokenize_texts(
        std::move(responder), std::move(texts), {tei_dialect(), context.serving},
        [](const ModelInfo&, const std::vector<TokenizedText>& tokenized) {
          return HttpResponse{.headers = {}, .body = tei_tokenize_body(tokenized)};
        }
    );
  }
  const std::size_t characters = characters_of(texts.inputs);
  answer_texts(
      request, std::move(responder), std::move(texts), tei_dialect(),
      [route, characters, asked = *std::move(parsed)](
          const ModelInfo& info, std::vector<TextAnswer>&& answers, const RequestFacts& facts
      ) {
        HttpResponse response;
        response.body = tei_answer_body(route, info, asked, answers);
        add_tei_headers(facts, characters, response);
        return response;
      }
  );
}

/// A body that begins a list is martlet's own dialect.
bool is_list(std::string_view body) {
  const auto first = body.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && body[first] == '[';
}

void predict(const RouteContext& context, HttpRequest&& request, Responder responder) {
  if (is_list(request.body))
    return predict_natively(context, std::move(request), std::move(responder));
  answer_tei(context, TeiRoute::kPredict, std::move(request), std::move(responder));
}

void answer_default(const RouteContext& context, HttpRequest&& request, Responder responder) {
  const auto model = model_of(context, request, nullptr);
  const bool embedder = model && embeds((*model)->info());
  const TeiRoute route = tei_default_route(request.body, embedder);
  answer_tei(context, route, std::move(request), std::move(responder));
}

void decode(const RouteContext& context, HttpRequest&& request, Responder responder) {
  auto parsed = parse_tei_decode(request.body);
  if (!parsed) return answer_failure(std::move(responder), parsed.error(), tei_dialect());
  if (const Status status = check_texts(parsed->ids.size(), context.serving); !status.ok())
    return answer_failure(std::move(responder), status, tei_dialect());
  const auto model = model_of(context, request, nullptr);
  if (!model) return answer_failure(std::move(responder), model.error(), tei_dialect());
  answer_aside(
      std::move(responder), *model, tei_dialect(),
      [model = *model, asked = *std::move(parsed)]() -> Result<HttpResponse> {
        HttpResponse response;
        {
          JsonArray texts(response.body);
          for (const auto& ids : asked.ids) {
            write_json_string(
                texts.next(), model->tokenizer()->decode(ids, asked.skip_special_tokens)
            );
          }
        }
        return response;
      }
  );
}

void info(const RouteContext& context, const HttpRequest& request, Responder responder) {
  const auto model = model_of(context, request, nullptr);
  if (!model) return answer_failure(std::move(responder), model.error(), tei_dialect());
  HttpResponse response;
  response.body = tei_info_body((*model)->info(), context.serving);
  responder.send(std::move(response));
}

void health(const RouteContext& context, Responder responder) {
  if (!context.models.ready()) return responder.send(tei_error(503, "Unhealthy"));
  responder.send({.content_type = "text/plain", .headers = {}, .body = {}});
}

}  // namespace

void add_tei_routes(Router& router, const RouteContext& context) {
  const auto tei_handler = [&](TeiRoute route) {
    return in_context(
        context,
        [route](const RouteContext& to, HttpRequest&& request, Responder responder) {
          answer_tei(to, route, std::move(request), std::move(responder));
        }
    );
  };
  const auto post = [&](std::string_view path, Handler answer, Gate gate = nullptr) {
    router.add("POST", path, off_io_thread(context, std::move(answer)), std::move(gate));
    router.set_error_shape(path, tei_error);
  };
  const auto post_to_model = [&](std::string_view path, Handler answer) {
    post(path, std::move(answer), while_there_is_room(context, tei_dialect()));
  };
  post_to_model("/embed", tei_handler(TeiRoute::kEmbed));
  post_to_model("/embed_all", tei_handler(TeiRoute::kEmbedAll));
  post_to_model("/rerank", tei_handler(TeiRoute::kRerank));
  post_to_model("/similarity", tei_handler(TeiRoute::kSimilarity));
  post_to_model("/predict", in_context(context, &predict));
  post_to_model("/predict-orchestrated", in_context(context, &predict));
  post("/tokenize", tei_handler(TeiRoute::kTokenize));
  post("/decode", in_context(context, &decode));
  router.add(
      "POST", "/", off_io_thread(context, in_context(context, &answer_default)),
      while_there_is_room(context, tei_dialect())
  );
  router.add("GET", "/info", [&context](HttpRequest&& request, Responder&& responder) {
    info(context, request, std::move(responder));
  });
  for (const std::string_view path : {"/health", "/ping"}) {
    router.add("GET", path, [&context](HttpRequest&&, Responder&& responder) {
      health(context, std::move(responder));
    });
  }
}

}  // namespace martlet

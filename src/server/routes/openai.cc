#include "server/routes/openai.h"

#include <span>
#include <utility>

#include "core/error.h"
#include "formats/json.h"
#include "formats/json_writer.h"
#include "server/routes/base64.h"
#include "server/routes/openai_request.h"
#include "server/routes/text_route.h"

namespace martlet {
namespace {

HttpResponse openai_error(int status, std::string_view message) {
  HttpResponse response{.status = status};
  {
    JsonObject object(response.body);
    JsonObject failure(object.key("error"));
    failure.member("message", message);
    failure.member(
        "type", status == 429  ? "rate_limit_error"
                : status < 500 ? "invalid_request_error"
                               : "server_error"
    );
    failure.key("param") += "null";
    failure.key("code") += status == 404 ? "\"model_not_found\"" : "null";
  }
  return response;
}

const Dialect& openai_dialect() {
  static const Dialect dialect{.error_shape = openai_error};
  return dialect;
}

void append_embedding(std::string& out, const std::vector<float>& values, bool base64) {
  if (!base64) return write_json_numbers(out, values);
  out += '"';
  append_base64(out, std::as_bytes(std::span(values)));
  out += '"';
}

std::string embeddings_body(
    const ModelInfo& info, bool base64, const std::vector<TextAnswer>& answers,
    const RequestFacts& facts
) {
  std::string body;
  {
    JsonObject object(body);
    object.member("object", "list");
    {
      JsonArray data(object.key("data"));
      for (std::size_t i = 0; i < answers.size(); ++i) {
        JsonObject entry(data.next());
        entry.member("object", "embedding");
        entry.member("index", static_cast<int64_t>(i));
        append_embedding(entry.key("embedding"), answers[i].values, base64);
        if (answers[i].truncated) entry.member("truncated", true);
      }
    }
    object.member("model", info.name);
    JsonObject usage(object.key("usage"));
    usage.member("prompt_tokens", facts.tokens);
    usage.member("total_tokens", facts.tokens);
  }
  return body;
}

void embed(const RouteContext& context, HttpRequest&& request, Responder responder) {
  auto parsed = parse_openai_request(request.body);
  if (!parsed) return answer_failure(std::move(responder), parsed.error(), openai_dialect());
  auto model = find_model(context.models, parsed->model, &embeds, NameRule::kLenient);
  if (!model) return answer_failure(std::move(responder), model.error(), openai_dialect());
  TextRequest texts{
      .model = *std::move(model),
      .inputs = std::move(parsed->inputs),
      .options = parsed->options,
  };
  answer_texts(
      request, std::move(responder), std::move(texts), openai_dialect(),
      [base64 = parsed->base64](
          const ModelInfo& info, std::vector<TextAnswer>&& answers, const RequestFacts& facts
      ) {
        HttpResponse response;
        response.body = embeddings_body(info, base64, answers, facts);
        return response;
      }
  );
}

void append_model(std::string& out, const std::string& name) {
  JsonObject object(out);
  object.member("id", name);
  object.member("object", "model");
  object.member("created", int64_t{0});
  object.member("owned_by", "martlet");
}

void list_models(const RouteContext& context, Responder responder) {
  HttpResponse response;
  {
    JsonObject object(response.body);
    object.member("object", "list");
    JsonArray data(object.key("data"));
    for (const ModelEntry& entry : context.models.index()) {
      if (entry.state == ModelState::kReady) append_model(data.next(), entry.name);
    }
  }
  responder.send(std::move(response));
}

void show_model(const RouteContext& context, const HttpRequest& request, Responder responder) {
  const auto model = find_model(context.models, request.path_parameter("model"), nullptr);
  if (!model) return answer_failure(std::move(responder), model.error(), openai_dialect());
  HttpResponse response;
  append_model(response.body, (*model)->info().name);
  responder.send(std::move(response));
}

}  // namespace

void add_openai_routes(Router& router, const RouteContext& context) {
  router.add(
      "POST", "/v1/embeddings", off_io_thread(context, in_context(context, &embed)),
      while_there_is_room(context, openai_dialect())
  );
  router.add("GET", "/v1/models", [&context](HttpRequest&&, Responder&& responder) {
    list_models(context, std::move(responder));
  });
  router.add("GET", "/v1/models/{model}", [&context](HttpRequest&& request, Responder&& responder) {
    show_model(context, request, std::move(responder));
  });
  router.set_error_shape("/v1/embeddings", openai_error);
  router.set_error_shape("/v1/models", openai_error);
}

}  // namespace martlet

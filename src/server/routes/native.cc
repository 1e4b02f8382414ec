#include "server/routes/native.h"

#include <utility>

#include "server/routes/json_writer.h"
#include "server/routes/native_answer.h"
#include "server/routes/native_request.h"
#include "server/routes/text_route.h"
#include "server/routes/text_stream_route.h"
#include "server/routes/tokenize_route.h"

namespace martlet {
namespace {

constexpr std::string_view kLines = "application/x-ndjson";

const Dialect& native_dialect() {
  static const Dialect dialect{.error_shape = plain_error};
  return dialect;
}

bool is_lines(std::string_view header) { return header.find(kLines) != std::string_view::npos; }

Result<NativeRequest> read_request(const HttpRequest& request) {
  if (is_lines(request.headers.get("Content-Type"))) return parse_native_lines(request.body);
  auto parsed = parse_native_request(request.body, request.received);
  if (parsed && is_lines(request.headers.get("Accept"))) parsed->stream = true;
  return parsed;
}

struct Prepared {
  NativeRequest request;  // its inputs and options are moved to `texts`
  TextRequest texts;
};

Result<Prepared> prepare(
    const RouteContext& context, const HttpRequest& request, ModelRegistry::Fits fits
) {
  auto parsed = read_request(request);
  if (!parsed) return parsed.error();
  auto model = find_model(context.models, parsed->model, fits);
  if (!model) return model.error();
  Prepared prepared{*std::move(parsed), {}};
  prepared.texts = {
      .model = *std::move(model),
      .inputs = std::move(prepared.request.inputs),
      .options = prepared.request.options,
  };
  return prepared;
}

void embed(const RouteContext& context, HttpRequest&& request, Responder responder) {
  auto prepared = prepare(context, request, &embeds);
  if (!prepared) return answer_failure(std::move(responder), prepared.error(), native_dialect());
  prepared->texts.options.kind = AnswerKind::kEmbedding;
  if (prepared->request.stream) {
    return stream_texts(
        request, std::move(responder), std::move(prepared->texts), native_dialect(),
        [](std::string& out, const ModelInfo&, const TextAnswer& answer, int64_t index) {
          append_embedding(out, answer, index);
        }
    );
  }
  answer_texts(
      request, std::move(responder), std::move(prepared->texts), native_dialect(),
      [](const ModelInfo& info, std::vector<TextAnswer>&& answers, const RequestFacts& facts) {
        HttpResponse response;
        response.body = embeddings_body(info, answers, facts);
        return response;
      }
  );
}

void tokenize(const RouteContext& context, HttpRequest&& request, Responder responder) {
  auto prepared = prepare(context, request, nullptr);
  if (!prepared) return answer_failure(std::move(responder), prepared.error(), native_dialect());
  tokenize_texts(
      std::move(responder), std::move(prepared->texts), native_dialect(),
      [](const ModelInfo& info, const std::vector<TokenizedText>& texts) {
        HttpResponse response;
        {
          JsonObject object(response.body);
          object.member("model", info.name);
          JsonArray results(object.key("results"));
          for (const TokenizedText& text : texts) append_tokenized(results.next(), text);
        }
        return response;
      }
  );
}

}  // namespace

void predict_natively(const RouteContext& context, HttpRequest&& request, Responder responder) {
  auto prepared = prepare(context, request, &classifies);
  if (!prepared) return answer_failure(std::move(responder), prepared.error(), native_dialect());
  prepared->texts.options.kind = AnswerKind::kLogits;
  if (prepared->request.stream) {
    return stream_texts(
        request, std::move(responder), std::move(prepared->texts), native_dialect(),
        [asked = std::move(prepared->request)](
            std::string& out, const ModelInfo& info, const TextAnswer& answer, int64_t index
        ) { append_prediction(out, info, asked, answer, index); }
    );
  }
  answer_texts(
      request, std::move(responder), std::move(prepared->texts), native_dialect(),
      [asked = std::move(prepared->request
       )](const ModelInfo& info, std::vector<TextAnswer>&& answers, const RequestFacts& facts) {
        HttpResponse response;
        response.body = predictions_body(info, asked, answers, facts);
        return response;
      }
  );
}

void add_native_routes(Router& router, const RouteContext& context) {
  const auto add = [&](std::string_view path, auto route) {
    router.add(
        "POST", path,
        off_io_thread(
            context,
            [&context, route](HttpRequest&& request, Responder&& responder) {
              route(context, std::move(request), std::move(responder));
            }
        )
    );
  };
  add("/v1/predict", &predict_natively);
  add("/v1/embed", &embed);
  add("/v1/tokenize", &tokenize);
}

}  // namespace martlet

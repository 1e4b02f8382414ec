#include "server/routes/native.h"

#include <utility>

#include "core/error.h"
#include "formats/json.h"
#include "formats/json_writer.h"
#include "pipelines/zero_shot.h"
#include "server/routes/native_answer.h"
#include "server/routes/native_request.h"
#include "server/routes/text_route.h"
#include "server/routes/text_stream_route.h"
#include "server/routes/tokenize_route.h"
#include "server/service/text_pairs.h"

namespace martlet {
namespace {

constexpr std::string_view kLines = "application/x-ndjson";

bool infers(const ModelInfo& info) {
  return info.is_classifier() && find_inference_labels(info.labels).has_value();
}

const Dialect& native_dialect() {
  static const Dialect dialect{.error_shape = plain_error};
  return dialect;
}

bool is_lines(std::string_view header) { return header.find(kLines) != std::string_view::npos; }

Result<NativeRequest> read_request(const HttpRequest& request) {
  const std::string_view type = request.headers.get("Content-Type");
  if (is_lines(type)) return parse_native_lines(request.body);
  if (type.starts_with("image/")) return parse_native_image(request.body, request.query);
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
  auto model = find_model(context.models, parsed->model, parsed->image ? &sees_images : fits);
  if (!model) return model.error();
  MARTLET_RETURN_IF_ERROR(prepare_images((*model)->info(), *parsed));
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

/// Every text with every hypothesis. Only the texts may be cut.
Status ask_candidates(const RouteContext& context, Prepared& prepared) {
  const CandidateLabels& candidates = prepared.request.candidates;
  TextRequest& texts = prepared.texts;
  const ModelInfo& info = texts.model->info();
  if (!infers(info)) {
    return error(
        StatusCode::kUnsupported, "request",
        "the model {} has no label of entailment, which zero-shot classification asks for",
        in_quotes(info.name)
    );
  }
  const std::size_t labels = candidates.labels.size();
  const int32_t most = context.serving.max_inputs;
  MARTLET_RETURN_IF_ERROR(check_meant(labels, labels * candidates.hypothesis_template.size(), most)
  );
  const auto hypotheses = make_hypotheses(candidates);
  if (!hypotheses)
    return error(StatusCode::kInvalidInput, "request", "{}", hypotheses.error().message());
  std::vector<std::string_view> premises;
  for (const TextInput& input : texts.inputs) {
    if (input.pair || !input.ids.empty())
      return error(StatusCode::kInvalidInput, "inputs", "got a pair or ids, expected single texts");
    premises.push_back(input.text);
  }
  auto pairs = pair_texts(
      premises, std::vector<std::string_view>(hypotheses->begin(), hypotheses->end()), most
  );
  if (!pairs) return pairs.error();
  texts.inputs = *std::move(pairs);
  texts.options.kind = AnswerKind::kLogits;
  texts.options.pair_truncation = Truncation::kOnlyFirst;
  return {};
}

void classify_zero_shot(const RouteContext& context, HttpRequest&& request, Responder responder) {
  auto prepared = prepare(context, request, &infers);
  if (!prepared) return answer_failure(std::move(responder), prepared.error(), native_dialect());
  if (const Status status = ask_candidates(context, *prepared); !status.ok())
    return answer_failure(std::move(responder), status, native_dialect());
  answer_texts(
      request, std::move(responder), std::move(prepared->texts), native_dialect(),
      [asked = std::move(prepared->request
       )](const ModelInfo& info, std::vector<TextAnswer>&& answers, const RequestFacts& facts) {
        HttpResponse response;
        response.body = zero_shot_body(info, asked, answers, facts);
        return response;
      }
  );
}

void tokenize(const RouteContext& context, HttpRequest&& request, Responder responder) {
  auto prepared = prepare(context, request, nullptr);
  if (!prepared) return answer_failure(std::move(responder), prepared.error(), native_dialect());
  tokenize_texts(
      std::move(responder), std::move(prepared->texts), {native_dialect(), context.serving},
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
  auto prepared = prepare(context, request, &predicts);
  if (!prepared) return answer_failure(std::move(responder), prepared.error(), native_dialect());
  // A model that embeds refuses it.
  const ModelInfo& info = prepared->texts.model->info();
  prepared->texts.options.kind = predicts(info) ? info.natural_kind() : AnswerKind::kLogits;
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
        "POST", path, off_io_thread(context, in_context(context, route)),
        while_there_is_room(context, native_dialect())
    );
  };
  add("/v1/predict", &predict_natively);
  add("/v1/embed", &embed);
  add("/v1/zero-shot", &classify_zero_shot);
  router.add("POST", "/v1/tokenize", off_io_thread(context, in_context(context, &tokenize)));
}

}  // namespace martlet

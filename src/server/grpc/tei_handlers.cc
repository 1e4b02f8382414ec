#include "server/grpc/tei_handlers.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "core/error.h"
#include "server/grpc/model_choice.h"
#include "server/grpc/outcome.h"
#include "server/grpc/submit.h"
#include "server/grpc/tei_answers.h"
#include "server/service/text_pairs.h"

namespace martlet {
namespace {

using tei::v1::DecodeRequest;
using tei::v1::DecodeResponse;
using tei::v1::EmbedAllRequest;
using tei::v1::EmbedAllResponse;
using tei::v1::EmbedRequest;
using tei::v1::EmbedResponse;
using tei::v1::EncodeRequest;
using tei::v1::EncodeResponse;
using tei::v1::InfoResponse;
using tei::v1::PredictPairRequest;
using tei::v1::PredictRequest;
using tei::v1::PredictResponse;
using tei::v1::RerankRequest;
using tei::v1::RerankResponse;

bool reads_texts(const ModelInfo& info) {
  return info.is_classifier() || info.task == ModelTask::kEmbedding;
}
bool is_embedding(const ModelInfo& info) { return info.task == ModelTask::kEmbedding; }
bool is_classifier(const ModelInfo& info) { return info.is_classifier(); }
bool is_reranker(const ModelInfo& info) { return info.task == ModelTask::kRerank; }

tei::v1::ModelType model_type(ModelTask task) {
  switch (task) {
    case ModelTask::kTextClassification:
    case ModelTask::kTokenClassification:
      return tei::v1::MODEL_TYPE_CLASSIFIER;
    case ModelTask::kEmbedding:
      return tei::v1::MODEL_TYPE_EMBEDDING;
    case ModelTask::kRerank:
      return tei::v1::MODEL_TYPE_RERANKER;
    case ModelTask::kImageClassification:
    case ModelTask::kTensors:
      break;
  }
  return tei::v1::MODEL_TYPE_EMBEDDING;
}

std::string dtype(std::string_view precision) {
  if (precision == "fp32") return "float32";
  if (precision == "bf16") return "bfloat16";
  return std::string(precision);
}

Status check_text(std::string_view text) {
  if (!text.empty()) return {};
  return error(StatusCode::kInvalidInput, "inputs", "got an empty text, expected one to read");
}

/// The model for a request of one text, which can name no prompt.
template <class Request>
Result<std::shared_ptr<ServedModel>> choose_embedder(
    const ModelRegistry& registry, const Request& request, const CallFacts& facts
) {
  auto model = choose_model(registry, facts.model, "embedding model", is_embedding);
  if (!model) return model;
  MARTLET_RETURN_IF_ERROR(check_text(request.inputs()));
  MARTLET_RETURN_IF_ERROR(refuse_prompt(request.prompt_name()));
  return model;
}

void predict_inputs(
    ServedModel& model, TextInput input, const RequestOptions& options, bool raw,
    const ReplyPtr<PredictResponse>& reply
) {
  const std::size_t characters =
      count_characters(input.text) + count_characters(input.pair.value_or(""));
  std::vector<TextInput> inputs;
  inputs.push_back(std::move(input));
  submit<PredictResponse>(
      model, std::move(inputs), options, reply,
      [reply, &model, raw, characters](const auto& answers, const auto& facts, auto& out) {
        write_predictions(model.info(), answers.front().values, raw, out);
        write_metadata(facts, reply->facts().received, characters, *out.mutable_metadata());
      }
  );
}

void write_tokens(
    const Tokenizer& tokenizer, const EncodeRequest& request, int64_t max_tokens,
    const ReplyPtr<EncodeResponse>& reply
) {
  Encodings encodings;
  const std::string_view text = request.inputs();
  const EncodeOptions options{.add_special_tokens = request.add_special_tokens(), .offsets = true};
  const Status status = tokenizer.encode(std::span(&text, 1), options, encodings);
  if (status.ok() && std::cmp_greater(encodings.ids.size(), max_tokens)) {
    return reply->finish(make_outcome(error(
        StatusCode::kInvalidInput, "tokenize", "tokens, got {}, expected at most {}",
        encodings.ids.size(), max_tokens
    )));
  }
  for (std::size_t i = 0; i < encodings.ids.size(); ++i) {
    tei::v1::SimpleToken& token = *reply->message().add_tokens();
    const Offset offset = encodings.char_offsets[i];
    const Offset bytes = encodings.byte_offsets[i];
    token.set_id(static_cast<uint32_t>(encodings.ids[i]));
    token.set_special(bytes.begin == bytes.end);
    if (token.special()) {
      token.set_text(std::string(tokenizer.id_to_token(encodings.ids[i])));
      continue;
    }
    token.set_text(std::string(text.substr(bytes.begin, bytes.end - bytes.begin)));
    token.set_start(static_cast<uint32_t>(offset.begin));
    token.set_stop(static_cast<uint32_t>(offset.end));
  }
  reply->finish(make_outcome(status));
}

/// Runs `task` on the thread that tokenizes, or refuses.
template <class Message>
void run_aside(ServedModel& model, const ReplyPtr<Message>& reply, std::function<void()> task) {
  if (model.run_aside(std::move(task))) return;
  reply->finish(make_outcome(
      error(StatusCode::kResourceExhausted, "tokenize", "too much is waiting, try again later")
  ));
}

}  // namespace

void TeiHandlers::info(const tei::v1::InfoRequest& /*request*/, const ReplyPtr<InfoResponse>& reply)
    const {
  const auto model =
      choose_model(registry_, reply->facts().model, "model that reads texts", reads_texts);
  if (!model) return reply->finish(make_outcome(model.error()));
  const ModelInfo& info = (*model)->info();
  const ServingOptions& serving = options_.serving;
  InfoResponse& out = reply->message();
  out.set_version(options_.server_version);
  out.set_model_id(info.name);
  if (!info.hash.empty()) out.set_model_sha(info.hash);
  out.set_model_dtype(dtype(info.encoder.precision));
  out.set_model_type(model_type(info.task));
  out.set_max_concurrent_requests(static_cast<uint32_t>(serving.queue_texts));
  out.set_max_input_length(static_cast<uint32_t>(info.max_length));
  out.set_max_batch_tokens(static_cast<uint32_t>(serving.batch_tokens));
  out.set_max_batch_requests(static_cast<uint32_t>(serving.batch_texts));
  out.set_max_client_batch_size(static_cast<uint32_t>(serving.max_inputs));
  out.set_tokenization_workers(static_cast<uint32_t>(std::max(serving.tokenize_threads, 1)));
  reply->finish({});
}

void TeiHandlers::embed(const EmbedRequest& request, const ReplyPtr<EmbedResponse>& reply) const {
  const auto model = choose_embedder(registry_, request, reply->facts());
  if (!model) return reply->finish(make_outcome(model.error()));

  RequestOptions options = tei_options(request, reply->facts());
  options.normalize = request.normalize();
  options.dimensions = static_cast<int32_t>(std::min<uint32_t>(request.dimensions(), INT32_MAX));
  submit<EmbedResponse>(
      **model, {{.text = request.inputs()}}, options, reply,
      [&request, reply](const auto& answers, const auto& facts, EmbedResponse& out) {
        const std::vector<float>& values = answers.front().values;
        out.mutable_embeddings()->Add(values.begin(), values.end());
        write_metadata(
            facts, reply->facts().received, count_characters(request.inputs()),
            *out.mutable_metadata()
        );
      }
  );
}

void TeiHandlers::embed_all(const EmbedAllRequest& request, const ReplyPtr<EmbedAllResponse>& reply)
    const {
  const auto model = choose_embedder(registry_, request, reply->facts());
  if (!model) return reply->finish(make_outcome(model.error()));

  RequestOptions options = tei_options(request, reply->facts());
  options.kind = AnswerKind::kTokens;
  submit<EmbedAllResponse>(
      **model, {{.text = request.inputs()}}, options, reply,
      [&request, reply](const auto& answers, const auto& facts, EmbedAllResponse& out) {
        const TextAnswer& answer = answers.front();
        const auto width = answer.values.size() / static_cast<std::size_t>(answer.tokens);
        for (auto row = answer.values.begin(); row != answer.values.end(); row += width) {
          out.add_token_embeddings()->mutable_embeddings()->Add(row, row + width);
        }
        write_metadata(
            facts, reply->facts().received, count_characters(request.inputs()),
            *out.mutable_metadata()
        );
      }
  );
}

void TeiHandlers::predict(const PredictRequest& request, const ReplyPtr<PredictResponse>& reply)
    const {
  const auto model = choose_model(registry_, reply->facts().model, "classifier", is_classifier);
  Status status = model.status();
  if (status.ok()) status = check_text(request.inputs());
  if (!status.ok()) return reply->finish(make_outcome(status));
  predict_inputs(
      **model, {.text = request.inputs()}, tei_options(request, reply->facts()),
      request.raw_scores(), reply
  );
}

void TeiHandlers::predict_pair(
    const PredictPairRequest& request, const ReplyPtr<PredictResponse>& reply
) const {
  const auto model = choose_model(registry_, reply->facts().model, "classifier", is_classifier);
  if (!model) return reply->finish(make_outcome(model.error()));
  if (request.inputs_size() != 1 && request.inputs_size() != 2) {
    return reply->finish(make_outcome(error(
        StatusCode::kInvalidInput, "inputs", "got {} texts, expected one or a pair",
        request.inputs_size()
    )));
  }
  TextInput input{.text = request.inputs(0)};
  if (request.inputs_size() == 2) input.pair = request.inputs(1);
  predict_inputs(
      **model, std::move(input), tei_options(request, reply->facts()), request.raw_scores(), reply
  );
}

void TeiHandlers::rerank(const RerankRequest& request, const ReplyPtr<RerankResponse>& reply)
    const {
  const auto model = choose_model(registry_, reply->facts().model, "reranker", is_reranker);
  if (!model) return reply->finish(make_outcome(model.error()));
  if (request.texts().empty()) {
    return reply->finish(
        make_outcome(error(StatusCode::kInvalidInput, "texts", "got none, expected at least one"))
    );
  }
  const std::string_view query = request.query();
  const std::vector<std::string_view> texts(request.texts().begin(), request.texts().end());
  auto pairs = pair_texts({&query, 1}, texts, options_.serving.max_inputs);
  if (!pairs) return reply->finish(make_outcome(pairs.error()));
  std::size_t characters = texts.size() * count_characters(query);
  for (const std::string_view text : texts) characters += count_characters(text);
  submit<RerankResponse>(
      **model, *std::move(pairs), tei_options(request, reply->facts()), reply,
      [&request, reply, characters](const auto& answers, const auto& facts, RerankResponse& out) {
        write_ranks(answers, request, out);
        write_metadata(facts, reply->facts().received, characters, *out.mutable_metadata());
      }
  );
}

void TeiHandlers::tokenize(const EncodeRequest& request, const ReplyPtr<EncodeResponse>& reply)
    const {
  const auto model =
      choose_model(registry_, reply->facts().model, "model that reads texts", reads_texts);
  Status status = model.status();
  if (status.ok()) status = refuse_prompt(request.prompt_name());
  if (!status.ok()) return reply->finish(make_outcome(status));
  const int64_t max_tokens = options_.serving.max_request_tokens;
  run_aside(**model, reply, [model = model->get(), &request, max_tokens, reply] {
    write_tokens(*model->tokenizer(), request, max_tokens, reply);
  });
}

void TeiHandlers::decode(const DecodeRequest& request, const ReplyPtr<DecodeResponse>& reply)
    const {
  const auto model =
      choose_model(registry_, reply->facts().model, "model that reads texts", reads_texts);
  if (!model) return reply->finish(make_outcome(model.error()));
  run_aside(**model, reply, [model = model->get(), &request, reply] {
    std::vector<int32_t> ids;
    for (const uint32_t id : request.ids()) {
      ids.push_back(static_cast<int32_t>(std::min<uint32_t>(id, INT32_MAX)));
    }
    reply->message().set_text(model->tokenizer()->decode(ids, request.skip_special_tokens()));
    reply->finish({});
  });
}

}  // namespace martlet

#include "server/routes/tei_answer.h"

#include <algorithm>

#include "formats/json_writer.h"
#include "pipelines/scores.h"
#include "pipelines/unit_length.h"
#include "server/routes/rerank_scores.h"

namespace martlet {
namespace {

void append_embeddings(std::string& out, const std::vector<TextAnswer>& answers) {
  JsonArray list(out);
  for (const TextAnswer& answer : answers) write_json_numbers(list.next(), answer.values);
}

void append_token_vectors(std::string& out, const std::vector<TextAnswer>& answers) {
  JsonArray list(out);
  for (const TextAnswer& answer : answers) {
    const auto tokens = static_cast<std::size_t>(answer.tokens);
    const std::size_t width = answer.values.size() / tokens;
    JsonArray vectors(list.next());
    for (std::size_t token = 0; token < tokens; ++token)
      write_json_numbers(vectors.next(), std::span(answer.values).subspan(token * width, width));
  }
}

/// Every label, best first.
void append_labels(std::string& out, const ModelInfo& info, bool raw, const TextAnswer& answer) {
  std::vector<float> scores;
  apply_scores(raw ? ScoreFunction::kNone : info.score_function, answer.values, scores);
  JsonArray list(out);
  for (const std::size_t label : best_scores(scores, 0)) {
    JsonObject entry(list.next());
    entry.member("score", scores[label]);
    entry.member("label", info.labels[label]);
  }
}

void append_predictions(
    std::string& out, const ModelInfo& info, const TeiRequest& request,
    const std::vector<TextAnswer>& answers
) {
  if (request.single && !request.nested)
    return append_labels(out, info, request.raw_scores, answers[0]);
  JsonArray list(out);
  for (const TextAnswer& answer : answers)
    append_labels(list.next(), info, request.raw_scores, answer);
}

void append_ranks(
    std::string& out, const ModelInfo& info, const TeiRequest& request,
    const std::vector<TextAnswer>& answers
) {
  const std::vector<float> scores = rerank_scores(info, answers, request.raw_scores);
  JsonArray list(out);
  for (const std::size_t index : best_scores(scores, 0)) {
    JsonObject entry(list.next());
    entry.member("index", static_cast<int64_t>(index));
    if (request.return_text) entry.member("text", request.texts[index]);
    entry.member("score", scores[index]);
  }
}

/// Of the first text with the others.
void append_similarities(std::string& out, const std::vector<TextAnswer>& answers) {
  JsonArray list(out);
  const std::vector<float>& source = answers[0].values;
  for (const TextAnswer& answer : std::span(answers).subspan(1))
    write_json_number(list.next(), cosine(source, answer.values));
}

void append_model_type(std::string& out, const ModelInfo& info) {
  JsonObject type(out);
  if (info.task == ModelTask::kEmbedding) {
    JsonObject embedding(type.key("embedding"));
    embedding.member("pooling", pooling_name(info.pooling));
    return;
  }
  JsonObject head(type.key(info.task == ModelTask::kRerank ? "reranker" : "classifier"));
  {
    JsonObject names(head.key("id2label"));
    for (std::size_t id = 0; id < info.labels.size(); ++id)
      names.member(std::to_string(id), info.labels[id]);
  }
  JsonObject ids(head.key("label2id"));
  for (std::size_t id = 0; id < info.labels.size(); ++id)
    ids.member(info.labels[id], static_cast<int64_t>(id));
}

void append_token(std::string& out, const TokenizedText::Token& token) {
  JsonObject entry(out);
  entry.member("id", token.id);
  entry.member("text", token.special ? token.text : token.surface);
  entry.member("special", token.special);
  if (token.special) {
    entry.key("start") += "null";
    entry.key("stop") += "null";
    return;
  }
  entry.member("start", token.characters.begin);
  entry.member("stop", token.characters.end);
}

void append_tokens(std::string& out, const std::vector<TokenizedText>& texts) {
  JsonArray list(out);
  for (const TokenizedText& text : texts) {
    JsonArray tokens(list.next());
    for (const TokenizedText::Token& token : text.tokens) append_token(tokens.next(), token);
  }
}

std::string_view dtype_name(std::string_view precision) {
  if (precision == "fp32") return "float32";
  return precision == "bf16" ? "bfloat16" : precision;
}

}  // namespace

std::string tei_answer_body(
    TeiRoute route, const ModelInfo& info, const TeiRequest& request,
    const std::vector<TextAnswer>& answers
) {
  std::string body;
  switch (route) {
    case TeiRoute::kEmbed:
      append_embeddings(body, answers);
      break;
    case TeiRoute::kEmbedAll:
      append_token_vectors(body, answers);
      break;
    case TeiRoute::kPredict:
      append_predictions(body, info, request, answers);
      break;
    case TeiRoute::kRerank:
      append_ranks(body, info, request, answers);
      break;
    case TeiRoute::kSimilarity:
      append_similarities(body, answers);
      break;
    case TeiRoute::kTokenize:
      break;
  }
  return body;
}

std::string tei_tokenize_body(const std::vector<TokenizedText>& texts) {
  std::string body;
  append_tokens(body, texts);
  return body;
}

std::string tei_info_body(const ModelInfo& info, const ServingOptions& serving) {
  std::string body;
  {
    JsonObject object(body);
    object.member("model_id", info.name);
    object.member("model_sha", info.hash);
    object.member("model_dtype", dtype_name(info.encoder.precision));
    append_model_type(object.key("model_type"), info);
    object.member("max_concurrent_requests", serving.queue_texts);
    object.member("max_input_length", info.max_length);
    object.member("max_batch_tokens", serving.batch_tokens);
    object.member("max_batch_requests", serving.batch_texts);
    object.member("max_client_batch_size", serving.max_inputs);
    object.member("auto_truncate", true);
    object.member("version", MARTLET_VERSION);
  }
  return body;
}

void add_tei_headers(const RequestFacts& facts, std::size_t characters, HttpResponse& response) {
  const auto add = [&](std::string name, int64_t value) {
    response.headers.emplace_back(std::move(name), std::to_string(value));
  };
  const auto milliseconds = [](std::chrono::nanoseconds time) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(time).count();
  };
  const auto total = milliseconds(facts.tokenize + facts.queue + facts.run);
  response.headers.emplace_back("x-compute-type", "cpu");
  add("x-compute-time", milliseconds(facts.run));
  add("x-compute-characters", static_cast<int64_t>(characters));
  add("x-compute-tokens", facts.tokens);
  add("x-total-time", total);
  add("x-tokenization-time", milliseconds(facts.tokenize));
  add("x-queue-time", milliseconds(facts.queue));
  add("x-inference-time", milliseconds(facts.run));
}

}  // namespace martlet

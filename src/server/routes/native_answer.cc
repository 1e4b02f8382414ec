#include "server/routes/native_answer.h"

#include "formats/json_writer.h"
#include "pipelines/entities_json.h"
#include "pipelines/scores.h"
#include "pipelines/zero_shot.h"

namespace martlet {
namespace {

void append_cut(JsonObject& object, const TextAnswer& answer) {
  object.member("tokens", answer.tokens);
  object.member("truncated", answer.truncated);
  if (answer.truncated) object.member("original_tokens", answer.original_tokens);
}

void append_model(JsonObject& object, const ModelInfo& info) {
  object.member("model", info.name);
  object.member("version", info.version);
}

void append_totals(JsonObject& object, const RequestFacts& facts) {
  object.member("tokens", facts.tokens);
  object.member("truncated_texts", facts.truncated);
}

void append_labels(
    JsonObject& object, const ModelInfo& info, const NativeRequest& request,
    const TextAnswer& answer
) {
  std::vector<float> scores;
  apply_scores(info.score_function, answer.values, scores);
  const auto best = best_scores(scores, static_cast<std::size_t>(request.top_k));
  object.member("label", info.labels[best[0]]);
  object.member("score", scores[best[0]]);
  if (request.top_k != 1) {
    JsonArray top(object.key("top"));
    for (const std::size_t label : best) {
      JsonObject entry(top.next());
      entry.member("label", info.labels[label]);
      entry.member("score", scores[label]);
    }
  }
  if (request.return_logits) write_json_numbers(object.key("logits"), answer.values);
}

/// {"labels":[...],"scores":[...],"truncated":...} of the pairs of one text.
void append_candidates(
    std::string& out, const ModelInfo& info, const NativeRequest& request,
    std::span<const TextAnswer> pairs
) {
  std::vector<float> logits;
  bool truncated = false;
  for (const TextAnswer& pair : pairs) {
    logits.insert(logits.end(), pair.values.begin(), pair.values.end());
    truncated = truncated || pair.truncated;
  }
  const auto ranked =
      rank_candidates(request.candidates, *find_inference_labels(info.labels), logits);
  JsonObject object(out);
  {
    JsonArray labels(object.key("labels"));
    for (const LabelScore& entry : ranked) write_json_string(labels.next(), entry.label);
  }
  {
    JsonArray scores(object.key("scores"));
    for (const LabelScore& entry : ranked) write_json_number(scores.next(), entry.score);
  }
  object.member("truncated", truncated);
}

}  // namespace

void append_prediction(
    std::string& out, const ModelInfo& info, const NativeRequest& request, const TextAnswer& answer,
    int64_t index
) {
  JsonObject object(out);
  if (index >= 0) object.member("index", index);
  if (info.task == ModelTask::kTokenClassification) {
    append_entities_json(object.key("entities"), answer.entities);
  } else {
    append_labels(object, info, request, answer);
  }
  append_cut(object, answer);
}

void append_embedding(std::string& out, const TextAnswer& answer, int64_t index) {
  JsonObject object(out);
  object.member("index", index);
  write_json_numbers(object.key("embedding"), answer.values);
  append_cut(object, answer);
}

std::string predictions_body(
    const ModelInfo& info, const NativeRequest& request, const std::vector<TextAnswer>& answers,
    const RequestFacts& facts
) {
  std::string body;
  const auto append_all = [&](std::string& out) {
    JsonArray list(out);
    for (const TextAnswer& answer : answers) append_prediction(list.next(), info, request, answer);
  };
  if (request.bare) {
    append_all(body);
    return body;
  }
  {
    JsonObject object(body);
    append_model(object, info);
    append_all(object.key("results"));
    append_totals(object, facts);
  }
  return body;
}

std::string zero_shot_body(
    const ModelInfo& info, const NativeRequest& request, const std::vector<TextAnswer>& answers,
    const RequestFacts& facts
) {
  const std::size_t count = request.candidates.labels.size();
  std::string body;
  {
    JsonObject object(body);
    append_model(object, info);
    {
      JsonArray results(object.key("results"));
      for (std::size_t begin = 0; begin < answers.size(); begin += count)
        append_candidates(results.next(), info, request, std::span(answers).subspan(begin, count));
    }
    object.member("tokens", facts.tokens);
  }
  return body;
}

std::string embeddings_body(
    const ModelInfo& info, const std::vector<TextAnswer>& answers, const RequestFacts& facts
) {
  std::string body;
  {
    JsonObject object(body);
    append_model(object, info);
    object.member("dimensions", static_cast<int64_t>(answers[0].values.size()));
    {
      JsonArray list(object.key("embeddings"));
      for (const TextAnswer& answer : answers) write_json_numbers(list.next(), answer.values);
    }
    {
      JsonArray cut(object.key("truncated"));
      for (const TextAnswer& answer : answers) cut.next() += answer.truncated ? "true" : "false";
    }
    append_totals(object, facts);
  }
  return body;
}

}  // namespace martlet

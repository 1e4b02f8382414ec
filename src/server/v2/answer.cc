#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <span>

#include "pipelines/entities_json.h"
#include "pipelines/scores.h"
#include "server/v2/infer.h"

namespace martlet {
namespace {

std::string shortest(float value) {
  std::array<char, 32> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
  return {buffer.data(), end};
}

int64_t rows_of(const std::vector<TextAnswer>& answers) {
  return static_cast<int64_t>(answers.size());
}

V2Output all_values(
    std::string name, const ModelInfo& info, const std::vector<TextAnswer>& answers
) {
  V2Output output{std::move(name), V2Type::kFp32, {rows_of(answers), info.columns()}};
  for (const TextAnswer& answer : answers)
    output.numbers.insert(output.numbers.end(), answer.values.begin(), answer.values.end());
  return output;
}

/// "value:index:label" of the best logits, as Triton's classification extension writes it.
V2Output best_classes(
    const V2Plan::Output& wanted, const ModelInfo& info, const std::vector<TextAnswer>& answers
) {
  const int32_t count = std::min(wanted.classes, info.columns());
  V2Output output{wanted.name, V2Type::kBytes, {rows_of(answers), count}};
  for (const TextAnswer& answer : answers) {
    for (const std::size_t best : best_scores(answer.values, static_cast<std::size_t>(count))) {
      output.texts.push_back(
          shortest(answer.values[best]) + ":" + std::to_string(best) + ":" + info.labels[best]
      );
    }
  }
  return output;
}

/// The best label of each text, or its score.
V2Output best_of_each(
    const std::string& name, const ModelInfo& info, const std::vector<TextAnswer>& answers
) {
  const bool wants_label = name == "label";
  V2Output output{name, wants_label ? V2Type::kBytes : V2Type::kFp32, {rows_of(answers)}};
  std::vector<float> scores;
  for (const TextAnswer& answer : answers) {
    apply_scores(info.score_function, answer.values, scores);
    const std::size_t best = best_scores(scores, 1).front();
    if (wants_label) {
      output.texts.push_back(info.labels[best]);
    } else {
      output.numbers.push_back(scores[best]);
    }
  }
  return output;
}

V2Output all_entities(std::string name, const std::vector<TextAnswer>& answers) {
  V2Output output{std::move(name), V2Type::kBytes, {rows_of(answers)}};
  for (const TextAnswer& answer : answers)
    append_entities_json(output.texts.emplace_back(), answer.entities);
  return output;
}

V2Parameters facts_of(const std::vector<TextAnswer>& answers) {
  int64_t tokens = 0;
  int64_t original = 0;
  int64_t truncated = 0;
  for (const TextAnswer& answer : answers) {
    tokens += answer.tokens;
    original += answer.original_tokens;
    truncated += answer.truncated ? 1 : 0;
  }
  V2Parameters facts{{"tokens", tokens}, {"truncated_texts", truncated}};
  if (truncated > 0) facts.emplace_back("original_tokens", original);
  return facts;
}

}  // namespace

V2Answer make_v2_answer(
    const ModelInfo& info, const std::vector<V2Plan::Output>& outputs,
    const std::vector<TextAnswer>& answers
) {
  V2Answer answer;
  for (const V2Plan::Output& wanted : outputs) {
    if (wanted.classes > 0) {
      answer.outputs.push_back(best_classes(wanted, info, answers));
    } else if (wanted.name == "label" || wanted.name == "score") {
      answer.outputs.push_back(best_of_each(wanted.name, info, answers));
    } else if (wanted.name == "entities") {
      answer.outputs.push_back(all_entities(wanted.name, answers));
    } else {
      answer.outputs.push_back(all_values(wanted.name, info, answers));
    }
  }
  answer.parameters = facts_of(answers);
  return answer;
}

void append_raw(const V2Output& output, std::string& out) {
  const auto append = [&](const void* bytes, std::size_t size) {
    out.append(static_cast<const char*>(bytes), size);
  };
  append(output.numbers.data(), output.numbers.size() * sizeof(float));
  append(output.bytes.data(), output.bytes.size());
  for (const std::string& text : output.texts) {
    const auto length = static_cast<uint32_t>(text.size());
    append(&length, sizeof length);
    out += text;
  }
}

}  // namespace martlet

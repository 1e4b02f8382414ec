// What there is to know about a served model: what it is for and in what numbers it answers.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "martlet/encoder.h"
#include "martlet/executor.h"
#include "martlet/text_classification.h"
#include "server/service/request.h"

namespace martlet {

enum class ModelTask {
  kTextClassification,
  kTokenClassification,
  kEmbedding,
  kRerank,  // a classifier of one label: how well the second text answers the first
  kImageClassification,
  kTensors,  // a graph: what it is for is not known
};

/// "text-classification", "token-classification", "embedding", "rerank", "image-classification",
/// "tensors". Static storage.
std::string_view to_string(ModelTask task) noexcept;

/// "cls", "mean", "max", "pooler". Static storage.
std::string_view pooling_name(OutputKind pooling) noexcept;

struct ModelInfo {
  std::string name;
  std::string version = "1";
  std::string hash;  // SHA-256 of configuration and weights; empty where it was not computed
  ModelTask task = ModelTask::kEmbedding;
  EncoderInfo encoder;
  int32_t max_length = 0;           // tokens per text
  std::vector<std::string> labels;  // [encoder.labels]
  ScoreFunction score_function = ScoreFunction::kSoftmax;
  ScoreFunction relevance_function = ScoreFunction::kSigmoid;  // of a reranker
  OutputKind pooling = OutputKind::kMean;
  bool normalize = false;
  ModelSignature signature{};  // of a graph that takes tensors or images

  /// Of texts, not of their tokens.
  [[nodiscard]] bool is_classifier() const noexcept {
    return task == ModelTask::kTextClassification || task == ModelTask::kRerank;
  }
  /// Width of an answer's row: labels, or the embedding's dimensions.
  [[nodiscard]] int32_t columns() const noexcept {
    return task == ModelTask::kEmbedding ? encoder.hidden_size : encoder.labels;
  }
  /// What the model answers unless it is asked for something else.
  [[nodiscard]] AnswerKind natural_kind() const noexcept {
    if (task == ModelTask::kTokenClassification) return AnswerKind::kEntities;
    return task == ModelTask::kEmbedding ? AnswerKind::kEmbedding : AnswerKind::kLogits;
  }
};

}  // namespace martlet

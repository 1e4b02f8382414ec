// What a served model is asked and what it answers, whatever the dialect that asked.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "martlet/scheduling.h"
#include "martlet/token_classification.h"
#include "martlet/tokenizer.h"

namespace martlet {

/// One text, a pair of texts, ids, or an image.
struct TextInput {
  std::string text;  // of a model of images: a JPEG or PNG file
  std::optional<std::string> pair = {};
  /// Token ids with the special tokens already in place; the texts are then not looked at.
  std::vector<int32_t> ids = {};
  /// [ids], or empty: all 0.
  std::vector<int32_t> type_ids = {};
};

/// What the values of an answer are.
enum class AnswerKind {
  kLogits,     // [labels], of a classifier or a reranker
  kEmbedding,  // [dimensions], of an embedding model
  kTokens,     // [tokens x hidden_size], of an embedding model: the last hidden states
  kEntities,   // [tokens x labels], of a token classifier; TextAnswer::entities says it in words
};

/// Whether an answer has a row for each token.
constexpr bool has_token_rows(AnswerKind kind) noexcept {
  return kind == AnswerKind::kTokens || kind == AnswerKind::kEntities;
}

/// Which end of a text that is too long is cut off.
enum class TruncationSide { kRight, kLeft };

struct RequestOptions {
  /// Unset: what the model is for.
  std::optional<AnswerKind> kind = {};
  Priority priority = Priority::kNormal;
  /// A request that is still queued then fails with kDeadlineExceeded.
  std::optional<std::chrono::steady_clock::time_point> deadline = {};
  /// Tokens per text at most; 0, or more than the model takes: the model's own limit.
  int32_t max_length = 0;
  /// Cut texts that are too long; otherwise they are kInvalidInput.
  bool truncate = true;
  TruncationSide side = TruncationSide::kRight;
  /// Which text of a pair is cut.
  Truncation pair_truncation = Truncation::kLongestFirst;
  /// Add what the tokenizer adds to a text ([CLS], [SEP]).
  bool add_special_tokens = true;
  /// Embeddings: scale to length 1. Unset: what the model directory says.
  std::optional<bool> normalize = {};
  /// Embeddings: only the first so many values, scaled again where they are scaled; 0: all.
  int32_t dimensions = 0;
  /// Token classifiers: what becomes of the labels.
  EntityOptions entities = {};
};

struct TextAnswer {
  std::vector<float> values;
  int32_t tokens = 0;           // that the model read, special tokens included
  int32_t original_tokens = 0;  // that the whole text has
  bool truncated = false;
  std::vector<Entity> entities = {};  // of AnswerKind::kEntities
};

/// Where the time of a request went, and in what company it ran. Of a request of many texts, the
/// longest waits and the largest batch.
struct RequestFacts {
  std::chrono::nanoseconds tokenize{0};
  std::chrono::nanoseconds queue{0};
  std::chrono::nanoseconds run{0};
  int32_t batch_texts = 0;
  int32_t batch_tokens = 0;
  int64_t tokens = 0;  // of all texts, after truncation
  int32_t truncated = 0;
  /// Of a refused request: when to try again.
  std::optional<std::chrono::milliseconds> retry_after = {};
};

}  // namespace martlet

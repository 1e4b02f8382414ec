// How far the answers of a low precision are from those of fp32.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace martlet {

/// Rows of numbers, all of the same width.
struct Rows {
  std::vector<float> values;
  std::size_t columns = 0;

  [[nodiscard]] std::size_t size() const noexcept {
    return columns == 0 ? 0 : values.size() / columns;
  }
  [[nodiscard]] std::span<const float> row(std::size_t index) const noexcept {
    return {values.data() + index * columns, columns};
  }
};

/// What a model answers to the texts it is calibrated with.
struct Answers {
  Rows logits;      // [texts, labels]; no rows for a model without a classifier of sequences
  Rows embeddings;  // [texts, hidden_size], pooled as the model directory says
};

/// The answers to texts `first`, `first` + `step`, ...
Answers every(const Answers& answers, std::size_t first, std::size_t step);

/// Column of the largest value.
std::size_t best_label(std::span<const float> logits);

/// Share of rows whose best label is the right one.
double accuracy(const Rows& logits, const std::vector<std::size_t>& labels);

struct Deviation {
  std::optional<double> label_agreement;
  std::optional<double> max_logit_error;
  std::optional<double> mean_logit_error;
  double mean_cosine = 1;
  double min_cosine = 1;
  double relative_error = 0;  // of the embeddings: |difference| / |exact|, over all of them
};

/// Both are answers to the same texts, at least one.
Deviation deviation(const Answers& exact, const Answers& answers);

/// What a precision must hold to be chosen by itself.
struct Gate {
  double least_label_agreement = 0.993;
  double most_accuracy_change = 0.003;
  double least_mean_cosine = 0.995;  // the cosines: of models that embed
  double least_min_cosine = 0.99;

  /// `accuracy_change` from fp32, where there are labels.
  [[nodiscard]] bool holds(const Deviation& found, std::optional<double> accuracy_change) const;
};

}  // namespace martlet

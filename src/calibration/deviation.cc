#include "calibration/deviation.h"

#include <algorithm>
#include <cmath>

namespace martlet {
namespace {

/// Sums of products over two rows.
struct Products {
  double dot = 0;
  double exact = 0;
  double other = 0;
  double difference = 0;

  void add(std::span<const float> a, std::span<const float> b) {
    for (std::size_t i = 0; i < a.size(); ++i) {
      const double x = a[i];
      const double y = b[i];
      dot += x * y;
      exact += x * x;
      other += y * y;
      difference += (x - y) * (x - y);
    }
  }
};

double cosine(const Products& products) {
  const double lengths = std::sqrt(products.exact * products.other);
  return lengths > 0 ? products.dot / lengths : (products.difference > 0 ? 0 : 1);
}

void compare_logits(const Rows& exact, const Rows& other, Deviation& found) {
  std::size_t agreeing = 0;
  double largest = 0;
  double sum = 0;
  for (std::size_t i = 0; i < exact.size(); ++i)
    agreeing += best_label(exact.row(i)) == best_label(other.row(i)) ? 1 : 0;
  for (std::size_t i = 0; i < exact.values.size(); ++i) {
    const double difference = std::abs(double{exact.values[i]} - double{other.values[i]});
    largest = std::max(largest, difference);
    sum += difference;
  }
  found.label_agreement = static_cast<double>(agreeing) / static_cast<double>(exact.size());
  found.max_logit_error = largest;
  found.mean_logit_error = sum / static_cast<double>(exact.values.size());
}

void compare_embeddings(const Rows& exact, const Rows& other, Deviation& found) {
  Products all;
  double sum = 0;
  for (std::size_t i = 0; i < exact.size(); ++i) {
    Products row;
    row.add(exact.row(i), other.row(i));
    all.add(exact.row(i), other.row(i));
    sum += cosine(row);
    found.min_cosine = std::min(found.min_cosine, cosine(row));
  }
  found.mean_cosine = sum / static_cast<double>(exact.size());
  found.relative_error = all.exact > 0 ? std::sqrt(all.difference / all.exact) : 0;
}

Rows every(const Rows& rows, std::size_t first, std::size_t step) {
  Rows part{.values = {}, .columns = rows.columns};
  for (std::size_t i = first; i < rows.size(); i += step)
    part.values.insert(part.values.end(), rows.row(i).begin(), rows.row(i).end());
  return part;
}

}  // namespace

Answers every(const Answers& answers, std::size_t first, std::size_t step) {
  return {
      .logits = every(answers.logits, first, step),
      .embeddings = every(answers.embeddings, first, step)
  };
}

std::size_t best_label(std::span<const float> logits) {
  return static_cast<std::size_t>(std::ranges::max_element(logits) - logits.begin());
}

double accuracy(const Rows& logits, const std::vector<std::size_t>& labels) {
  std::size_t right = 0;
  for (std::size_t i = 0; i < labels.size(); ++i)
    right += best_label(logits.row(i)) == labels[i] ? 1 : 0;
  return static_cast<double>(right) / static_cast<double>(labels.size());
}

Deviation deviation(const Answers& exact, const Answers& answers) {
  Deviation found;
  if (exact.logits.size() > 0) compare_logits(exact.logits, answers.logits, found);
  compare_embeddings(exact.embeddings, answers.embeddings, found);
  return found;
}

bool Gate::holds(const Deviation& found, std::optional<double> accuracy_change) const {
  if (accuracy_change && !(std::abs(*accuracy_change) <= most_accuracy_change)) return false;
  if (found.label_agreement) return *found.label_agreement >= least_label_agreement;
  return found.mean_cosine >= least_mean_cosine && found.min_cosine >= least_min_cosine;
}

}  // namespace martlet

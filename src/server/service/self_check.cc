#include "server/service/self_check.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "core/error.h"
#include "formats/user_cache.h"
#include "server/service/batch_runner.h"

namespace martlet {
namespace {

constexpr float kFp32Tolerance = 1e-3F;
/// Of the values' norm, far beyond what a right engine shows and far below what a wrong one does.
constexpr double kBf16Share = 0.1;
constexpr double kInt8Share = 0.3;

constexpr std::array<std::string_view, 6> kTexts{
    "A gripping, beautiful film from its first scene to its last.",
    "The room was cold, the staff rude, and nobody answered the phone.",
    "How do I reset my password?",
    "ok",
    "The invoice of 14 March lists 3 items at 1,299.00 each; please check whether the second one "
    "was delivered, because our warehouse has no record of it and the customer asks every day.",
    "Der Zug nach Zürich fährt um 7:45 Uhr.",
};

using Rows = std::vector<std::vector<float>>;

/// All texts in one batch, or each alone.
Result<Rows> compute(const LoadedModel& model, std::span<const std::string> texts, bool together) {
  auto encoded = std::make_shared<EncodedTexts>();
  std::vector<TextInput> inputs;
  for (const std::string& text : texts) inputs.push_back({.text = text});
  const TextLimits limits = text_limits(model.info);
  MARTLET_RETURN_IF_ERROR(encode_inputs(model.tokenizer, inputs, {}, limits, *encoded));

  BatchRunner runner(*model.encoder, model.info.pooling, 1);
  std::vector<TextQuery> queries;
  for (std::size_t i = 0; i < texts.size(); ++i)
    queries.push_back({encoded, i, model.info.natural_kind()});
  std::vector<TextValues> answers(texts.size());
  const std::size_t step = together ? texts.size() : 1;
  for (std::size_t begin = 0; begin < texts.size(); begin += step) {
    std::vector<const TextQuery*> batch;
    for (std::size_t i = begin; i < begin + step; ++i) batch.push_back(&queries[i]);
    MARTLET_RETURN_IF_ERROR(runner.run(batch, std::span(answers).subspan(begin, step)));
  }
  Rows rows;
  for (TextValues& answer : answers) {
    if (!answer.finite) {
      return error(
          StatusCode::kInvalidModel, model.info.name,
          "got values that are not finite, expected numbers"
      );
    }
    rows.push_back(std::move(answer.values));
  }
  return rows;
}

std::vector<std::string> built_in_texts() { return {kTexts.begin(), kTexts.end()}; }

Status check_batches(const LoadedModel& model) {
  const auto texts = built_in_texts();
  const auto together = compute(model, texts, true);
  if (!together) return together.error();
  const auto alone = compute(model, texts, false);
  if (!alone) return alone.error();
  if (*together == *alone) return {};
  return error(
      StatusCode::kInternal, model.info.name,
      "got other numbers for a text in a batch than for the text alone, expected the same"
  );
}

Result<ModelReference> reference_in_fp32(
    const std::filesystem::path& directory, const LoadedModel& model, ServingOptions options
) {
  options.encoder.precision = "fp32";
  const auto in_fp32 = load_served_model({model.info.name, directory}, options);
  if (!in_fp32) return in_fp32.error();
  return make_reference(*in_fp32);
}

/// A reference that was kept may be of another tokenizer or another pooling: only one that the
/// model is like counts.
Status compare_with_fp32(
    const std::filesystem::path& directory, const LoadedModel& model, const ServingOptions& options
) {
  const std::filesystem::path path = kept_reference_path(model, options);
  if (!path.empty()) {
    const auto kept = read_reference(path);
    if (kept && compare_with_reference(model, *kept).ok()) return {};
  }
  const auto reference = reference_in_fp32(directory, model, options);
  if (!reference) return reference.error();
  MARTLET_RETURN_IF_ERROR(compare_with_reference(model, *reference));
  // Where it cannot be kept it is made again the next time.
  if (!path.empty()) static_cast<void>(write_reference(path, *reference));
  return {};
}

/// The largest difference, and the norm of all differences over the norm of the reference.
struct Difference {
  float largest = 0;
  double share = 0;
};

Difference difference(const Rows& got, const Rows& expected) {
  Difference result;
  double squares = 0;
  double norm = 0;
  for (std::size_t row = 0; row < got.size(); ++row) {
    for (std::size_t i = 0; i < got[row].size(); ++i) {
      const float apart = std::abs(got[row][i] - expected[row][i]);
      result.largest = std::max(result.largest, apart);
      squares += static_cast<double>(apart) * apart;
      norm += static_cast<double>(expected[row][i]) * expected[row][i];
    }
  }
  result.share = norm > 0 ? std::sqrt(squares / norm) : std::sqrt(squares);
  return result;
}

}  // namespace

Status compare_with_reference(const LoadedModel& model, const ModelReference& reference) {
  const auto columns = static_cast<std::size_t>(model.info.columns());
  if (reference.values.front().size() != columns) {
    return error(
        StatusCode::kInvalidModel, model.info.name,
        "reference values per text, got {}, expected {}", reference.values.front().size(), columns
    );
  }
  const auto rows = compute(model, reference.texts, true);
  if (!rows) return rows.error();
  const Difference apart = difference(*rows, reference.values);
  const std::string& precision = model.info.encoder.precision;
  const bool close = precision == "fp32"
                         ? apart.largest <= kFp32Tolerance
                         : apart.share <= (precision == "bf16" ? kBf16Share : kInt8Share);
  if (close) return {};
  return error(
      StatusCode::kInvalidModel, model.info.name,
      "the self-check in {} is off, got a largest difference of {:.3g} ({:.3g} of the norm) from "
      "the reference, expected the same numbers",
      precision, apart.largest, apart.share
  );
}

Result<ModelReference> make_reference(const LoadedModel& model) {
  const auto texts = built_in_texts();
  auto rows = compute(model, texts, true);
  if (!rows) return rows.error();
  return ModelReference{texts, *std::move(rows)};
}

std::filesystem::path kept_reference_path(const LoadedModel& model, const ServingOptions& options) {
  const std::filesystem::path cache = user_cache_directory();
  if (cache.empty() || !options.encoder.adapter.empty()) return {};
  return cache / "reference" / (model.info.hash + ".json");
}

Status check_model(
    const std::filesystem::path& directory, const LoadedModel& model, const ServingOptions& options
) {
  MARTLET_RETURN_IF_ERROR(check_batches(model));
  const auto stored = load_reference(directory);
  if (!stored) return stored.error();
  if (*stored) return compare_with_reference(model, **stored);
  if (model.info.encoder.precision == "fp32") return {};
  return compare_with_fp32(directory, model, options);
}

}  // namespace martlet

// Text classification as transformers' pipeline does it: texts or pairs in, labels and scores out.
//
//   auto pipeline = martlet::TextClassificationPipeline::load("model-directory");
//   auto answer = pipeline->run("a gripping, beautiful film");   // answer->label, answer->score
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "martlet/batch_plan.h"
#include "martlet/encoder.h"
#include "martlet/export.h"
#include "martlet/status.h"
#include "martlet/text_stream.h"
#include "martlet/tokenizer.h"

namespace martlet {

/// How logits become scores.
enum class ScoreFunction { kSoftmax, kSigmoid, kNone };

struct LabelScore {
  std::string label;
  float score = 0;
};

struct Classification {
  std::string label;  // the one with the highest score
  float score = 0;
  std::vector<LabelScore> top;  // the best `top_k`, best first
  std::vector<float> logits;    // [labels], in the order of the model's ids
  bool truncated = false;       // the text was longer than the model takes and was cut
};

struct TextClassificationOptions {
  EncoderOptions encoder;
  /// Labels in Classification::top; 0: all.
  int32_t top_k = 1;
  /// Unset: what the model's config says (regression: none; multi-label or one label: sigmoid;
  /// else softmax).
  std::optional<ScoreFunction> function;
  /// Tokens per text at most, special tokens included; 0: as many as the model takes.
  int32_t max_length = 0;
};

/// What a model directory says about its labels; for pipelines that are put together by hand.
struct LabelInfo {
  std::vector<std::string> names;  // [labels]
  std::string problem_type;        // config.json's word, or empty
};

/// Immutable after loading: every member is safe to call from many threads.
class MARTLET_API TextClassificationPipeline {
 public:
  /// Receives results in input order, some at a time, on the thread that called `stream`. A Status
  /// that is not ok ends the stream with it. Must not throw.
  using Sink = std::function<Status(std::span<const Classification> rows)>;

  static Result<TextClassificationPipeline> load(
      const std::filesystem::path& directory, const TextClassificationOptions& options = {}
  );
  /// From parts. kInvalidModel when the encoder has no sequence classifier of as many labels.
  static Result<TextClassificationPipeline> make(
      Tokenizer tokenizer, std::unique_ptr<Encoder> encoder, LabelInfo labels,
      const TextClassificationOptions& options = {}
  );

  TextClassificationPipeline(TextClassificationPipeline&&) noexcept;
  TextClassificationPipeline& operator=(TextClassificationPipeline&&) noexcept;
  ~TextClassificationPipeline();

  [[nodiscard]] Result<Classification> run(std::string_view text) const;
  [[nodiscard]] Result<std::vector<Classification>> run(
      std::span<const std::string_view> texts, const BatchPlan& plan = {}
  ) const;
  [[nodiscard]] Result<std::vector<Classification>> run(
      std::span<const TextPair> pairs, const BatchPlan& plan = {}
  ) const;
  /// Everything `source` has, in bounded memory. When an input fails, the results of all inputs
  /// before it have been delivered and the Status says which input it was, counted from 1.
  Status stream(const TextSource& source, const Sink& sink, const StreamOptions& options = {})
      const;

  [[nodiscard]] const EncoderInfo& info() const noexcept;
  /// [labels], in the order of the model's ids.
  [[nodiscard]] std::span<const std::string> labels() const noexcept;

 private:
  struct Impl;
  explicit TextClassificationPipeline(std::unique_ptr<const Impl> impl);
  std::unique_ptr<const Impl> impl_;
};

}  // namespace martlet

// Texts into classes that the model was not trained for, as transformers' zero-shot classification
// pipeline does it: a model of natural language inference says how far "This example is sports."
// follows from the text.
//
//   auto pipeline = martlet::ZeroShotClassificationPipeline::load("model-directory");
//   auto answer = pipeline->run("who will win?", {.labels = {"sports", "politics"}});
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "martlet/batch_plan.h"
#include "martlet/encoder.h"
#include "martlet/export.h"
#include "martlet/status.h"
#include "martlet/text_classification.h"
#include "martlet/text_stream.h"
#include "martlet/tokenizer.h"

namespace martlet {

struct CandidateLabels {
  std::vector<std::string> labels;
  /// Has one {} where the label goes.
  std::string hypothesis_template = "This example is {}.";
  /// Any number of labels may be true: each is scored by itself, and scores do not sum to 1.
  bool multi_label = false;
};

struct ZeroShotClassification {
  std::vector<LabelScore> labels;  // all candidates, best first
  bool truncated = false;          // the text was longer than the model takes and was cut
};

struct ZeroShotOptions {
  EncoderOptions encoder;
  /// Tokens of text and hypothesis at most, special tokens included; 0: as many as the model takes.
  /// Only the text is cut.
  int32_t max_length = 0;
};

/// Immutable after loading: every member is safe to call from many threads.
class MARTLET_API ZeroShotClassificationPipeline {
 public:
  /// Receives results in input order, some at a time, on the thread that called `stream`. A Status
  /// that is not ok ends the stream with it. Must not throw.
  using Sink = std::function<Status(std::span<const ZeroShotClassification> rows)>;

  static Result<ZeroShotClassificationPipeline> load(
      const std::filesystem::path& directory, const ZeroShotOptions& options = {}
  );
  /// From parts; `labels` in the order of the model's ids. kInvalidModel unless the encoder
  /// classifies sequences into two or more labels of which one begins with "entail".
  static Result<ZeroShotClassificationPipeline> make(
      Tokenizer tokenizer, std::unique_ptr<Encoder> encoder, std::vector<std::string> labels,
      const ZeroShotOptions& options = {}
  );

  ZeroShotClassificationPipeline(ZeroShotClassificationPipeline&&) noexcept;
  ZeroShotClassificationPipeline& operator=(ZeroShotClassificationPipeline&&) noexcept;
  ~ZeroShotClassificationPipeline();

  /// kInvalidArgument for no labels, or a template without its {}.
  [[nodiscard]] Result<ZeroShotClassification> run(
      std::string_view text, const CandidateLabels& candidates
  ) const;
  [[nodiscard]] Result<std::vector<ZeroShotClassification>> run(
      std::span<const std::string_view> texts, const CandidateLabels& candidates,
      const BatchPlan& plan = {}
  ) const;
  /// Everything `source` has, in bounded memory; its rows are single texts. When an input fails,
  /// the results of all inputs before it have been delivered and the Status says which input it
  /// was, counted from 1.
  Status stream(
      const TextSource& source, const CandidateLabels& candidates, const Sink& sink,
      const StreamOptions& options = {}
  ) const;

  [[nodiscard]] const EncoderInfo& info() const noexcept;

 private:
  struct Impl;
  explicit ZeroShotClassificationPipeline(std::unique_ptr<const Impl> impl);
  std::unique_ptr<const Impl> impl_;
};

}  // namespace martlet

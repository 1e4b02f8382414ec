// Cross-encoders, as sentence-transformers' CrossEncoder runs them: how well documents answer a
// query.
//
//   auto pipeline = martlet::RerankPipeline::load("model-directory");
//   auto ranking = pipeline->rank("how do swifts sleep?", documents);   // (*ranking)[0].index
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
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

/// How well the second text of a pair answers the first.
struct Relevance {
  float score = 0;
  bool truncated = false;  // the pair was longer than the model takes and was cut
};

struct RankedDocument {
  std::size_t index = 0;  // in the documents that were given
  Relevance relevance;
};

struct RerankOptions {
  EncoderOptions encoder;
  /// Unset: what the model's config says as sentence-transformers reads it, else sigmoid for one
  /// label. A model of two labels scores with the softmax of the second.
  std::optional<ScoreFunction> function;
  /// Tokens per pair at most, special tokens included; 0: as many as the model takes.
  int32_t max_length = 0;
};

/// Immutable after loading: every member is safe to call from many threads.
class MARTLET_API RerankPipeline {
 public:
  /// Receives results in input order, some at a time, on the thread that called `stream`. A Status
  /// that is not ok ends the stream with it. Must not throw.
  using Sink = std::function<Status(std::span<const Relevance> rows)>;

  /// kUnsupported when the model's config names a score function that martlet does not have.
  static Result<RerankPipeline> load(
      const std::filesystem::path& directory, const RerankOptions& options = {}
  );
  /// From parts. kInvalidModel unless the encoder classifies sequences with one or two labels.
  static Result<RerankPipeline> make(
      Tokenizer tokenizer, std::unique_ptr<Encoder> encoder, const RerankOptions& options = {}
  );

  RerankPipeline(RerankPipeline&&) noexcept;
  RerankPipeline& operator=(RerankPipeline&&) noexcept;
  ~RerankPipeline();

  /// One score per pair of a query and a document.
  [[nodiscard]] Result<std::vector<Relevance>> run(
      std::span<const TextPair> pairs, const BatchPlan& plan = {}
  ) const;
  /// The `top_k` (0: all) best documents, best first.
  [[nodiscard]] Result<std::vector<RankedDocument>> rank(
      std::string_view query, std::span<const std::string_view> documents, std::size_t top_k = 0
  ) const;
  /// Everything `source` has, in bounded memory; its rows are pairs. When an input fails, the
  /// results of all inputs before it have been delivered and the Status says which input it was,
  /// counted from 1.
  Status stream(const TextSource& source, const Sink& sink, const StreamOptions& options = {})
      const;

  [[nodiscard]] const EncoderInfo& info() const noexcept;

 private:
  struct Impl;
  explicit RerankPipeline(std::unique_ptr<const Impl> impl);
  std::unique_ptr<const Impl> impl_;
};

}  // namespace martlet

// Embeddings as sentence-transformers defines them: texts in, one vector each out.
//
//   auto pipeline = martlet::EmbeddingPipeline::load("model-directory");
//   auto embeddings = pipeline->run(texts);   // embeddings->row(0)
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
#include "martlet/text_stream.h"
#include "martlet/tokenizer.h"

namespace martlet {

/// rows x columns, row-major.
struct Embeddings {
  std::vector<float> values;
  std::size_t rows = 0;
  std::size_t columns = 0;
  std::vector<uint8_t> truncated;  // [rows]: 1 where the text was longer than the model takes

  [[nodiscard]] std::span<const float> row(std::size_t index) const noexcept {
    return {values.data() + index * columns, columns};
  }
};

/// How alike two texts are.
struct Similarity {
  float cosine = 0;        // of their embeddings: -1 to 1
  bool truncated = false;  // one of them was longer than the model takes and was cut
};

struct EmbeddingOptions {
  EncoderOptions encoder;
  /// kCls, kMean, kMax or kPooler. Unset: what the model directory says; mean where it says
  /// nothing.
  std::optional<OutputKind> pooling;
  /// Scale to length 1. Unset: what the model directory says; not where it says nothing.
  std::optional<bool> normalize;
  /// Tokens per text at most, special tokens included; 0: what the model directory says.
  int32_t max_length = 0;
};

/// Immutable after loading: every member is safe to call from many threads.
class MARTLET_API EmbeddingPipeline {
 public:
  /// Receives results in input order, some at a time, on the thread that called `stream`. A Status
  /// that is not ok ends the stream with it. Must not throw.
  using Sink = std::function<Status(const Embeddings& rows)>;
  using SimilaritySink = std::function<Status(std::span<const Similarity> rows)>;

  static Result<EmbeddingPipeline> load(
      const std::filesystem::path& directory, const EmbeddingOptions& options = {}
  );
  /// From parts. kInvalidArgument for a pooling that is none or that the encoder does not have.
  static Result<EmbeddingPipeline> make(
      Tokenizer tokenizer, std::unique_ptr<Encoder> encoder, const EmbeddingOptions& options = {}
  );

  EmbeddingPipeline(EmbeddingPipeline&&) noexcept;
  EmbeddingPipeline& operator=(EmbeddingPipeline&&) noexcept;
  ~EmbeddingPipeline();

  [[nodiscard]] Result<std::vector<float>> run(std::string_view text) const;
  [[nodiscard]] Result<Embeddings> run(
      std::span<const std::string_view> texts, const BatchPlan& plan = {}
  ) const;
  /// Everything `source` has, in bounded memory. When an input fails, the results of all inputs
  /// before it have been delivered and the Status says which input it was, counted from 1.
  Status stream(const TextSource& source, const Sink& sink, const StreamOptions& options = {})
      const;

  /// The cosine of each pair's embeddings, whether they are normalized or not.
  [[nodiscard]] Result<std::vector<Similarity>> similarity(
      std::span<const TextPair> pairs, const BatchPlan& plan = {}
  ) const;
  /// The same for all pairs that `source` has; as `stream`.
  Status stream_similarity(
      const TextSource& source, const SimilaritySink& sink, const StreamOptions& options = {}
  ) const;

  [[nodiscard]] const EncoderInfo& info() const noexcept;

 private:
  struct Impl;
  explicit EmbeddingPipeline(std::unique_ptr<const Impl> impl);
  std::unique_ptr<const Impl> impl_;
};

}  // namespace martlet

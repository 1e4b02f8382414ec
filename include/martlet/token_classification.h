// Named entities and other labels of words, as transformers' token classification pipeline gives
// them: texts in, labelled spans out.
//
//   auto pipeline = martlet::TokenClassificationPipeline::load("model-directory");
//   auto answer = pipeline->run("Ada Lovelace lived in London");   // answer->entities
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

/// What becomes of the tokens' labels.
enum class Aggregation {
  kNone,     // every token is an entity of its own
  kSimple,   // neighbours of one label are one entity: B-PER I-PER, or PER PER
  kFirst,    // before that, all tokens of a word get the label of its first one
  kAverage,  // ... the label with the highest mean score
  kMax,      // ... the label of the token that is surest
};

/// "none", "simple", "first", "average", "max". Static storage.
MARTLET_API std::string_view to_string(Aggregation aggregation) noexcept;
/// kInvalidArgument for any other word.
MARTLET_API Result<Aggregation> parse_aggregation(std::string_view name);

struct Entity {
  std::string label{};  // "PER"; the token's own, "B-PER", with Aggregation::kNone
  float score = 0;      // the mean over its tokens or words
  std::string word{};   // its tokens put together; what the text has is at `characters`
  Offset characters{};  // in Unicode code points of the text
  Offset bytes{};       // in UTF-8 bytes of the text
  int32_t token = -1;   // with Aggregation::kNone: which token of the sequence, counted from 0
};

struct TokenClassification {
  std::vector<Entity> entities;  // in the order of the text
  bool truncated = false;        // the text was longer than the model takes and was cut
};

/// How labels of tokens become entities.
struct EntityOptions {
  Aggregation aggregation = Aggregation::kSimple;
  /// Entities of these labels are left out.
  std::vector<std::string> ignore_labels{"O"};
};

struct TokenClassificationOptions {
  EncoderOptions encoder;
  EntityOptions entities;
  /// Tokens per sequence at most, special tokens included; 0: as many as the model takes.
  int32_t max_length = 0;
  /// A longer text is read in windows that have so many tokens in common, and of entities that
  /// overlap the longer one counts, then the surer one. Unset: it is cut. Not with kNone.
  std::optional<int32_t> stride;
};

/// Immutable after loading: every member is safe to call from many threads.
class MARTLET_API TokenClassificationPipeline {
 public:
  /// Receives results in input order, some at a time, on the thread that called `stream`. A Status
  /// that is not ok ends the stream with it. Must not throw.
  using Sink = std::function<Status(std::span<const TokenClassification> rows)>;

  static Result<TokenClassificationPipeline> load(
      const std::filesystem::path& directory, const TokenClassificationOptions& options = {}
  );
  /// From parts; `labels` in the order of the model's ids. kInvalidModel when the encoder has no
  /// token classifier of as many labels, kInvalidArgument for options that make no sense.
  static Result<TokenClassificationPipeline> make(
      Tokenizer tokenizer, std::unique_ptr<Encoder> encoder, std::vector<std::string> labels,
      const TokenClassificationOptions& options = {}
  );

  TokenClassificationPipeline(TokenClassificationPipeline&&) noexcept;
  TokenClassificationPipeline& operator=(TokenClassificationPipeline&&) noexcept;
  ~TokenClassificationPipeline();

  [[nodiscard]] Result<TokenClassification> run(std::string_view text) const;
  [[nodiscard]] Result<std::vector<TokenClassification>> run(
      std::span<const std::string_view> texts, const BatchPlan& plan = {}
  ) const;
  /// Everything `source` has, in bounded memory; its rows are single texts. When an input fails,
  /// the results of all inputs before it have been delivered and the Status says which input it
  /// was, counted from 1.
  Status stream(const TextSource& source, const Sink& sink, const StreamOptions& options = {})
      const;

  [[nodiscard]] const EncoderInfo& info() const noexcept;
  /// [labels], in the order of the model's ids.
  [[nodiscard]] std::span<const std::string> labels() const noexcept;

 private:
  struct Impl;
  explicit TokenClassificationPipeline(std::unique_ptr<const Impl> impl);
  std::unique_ptr<const Impl> impl_;
};

}  // namespace martlet

// Text to token ids, exactly as Hugging Face `tokenizers` does it.
//
//   auto tokenizer = martlet::Tokenizer::load("model-directory");
//   martlet::Encodings encodings;
//   tokenizer->encode(texts, {.max_length = 512}, encodings);   // ragged: encodings.ids, .starts
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "martlet/export.h"
#include "martlet/status.h"

namespace martlet {

enum class Truncation { kLongestFirst, kOnlyFirst, kOnlySecond };

struct EncodeOptions {
  /// Add what the tokenizer's post-processor adds ([CLS], [SEP]).
  bool add_special_tokens = true;
  /// Tokens per sequence at most, special tokens included; 0: no limit.
  int32_t max_length = 0;
  Truncation truncation = Truncation::kLongestFirst;
  /// With `overflow`: tokens that a window repeats from the one before; fewer than a window has of
  /// the text.
  int32_t stride = 0;
  /// Also return the windows that truncation cut off, after the first one of the same text.
  bool overflow = false;
  /// Fill Encodings::char_offsets, byte_offsets and special.
  bool offsets = false;
};

/// [begin, end) in the input text.
struct Offset {
  int32_t begin = 0;
  int32_t end = 0;
  bool operator==(const Offset&) const = default;
};

/// The sequences of many texts, one after the other: sequence i is [starts[i], starts[i + 1]).
struct Encodings {
  std::vector<int32_t> ids;        // [tokens]
  std::vector<int32_t> type_ids;   // [tokens]: 0 for the first text, 1 for the second of a pair
  std::vector<int32_t> starts;     // [sequences + 1], starts[0] == 0
  std::vector<int32_t> text_of;    // [sequences]: which input each sequence comes from
  std::vector<uint8_t> truncated;  // [sequences]: 1 when max_length cut the text
  std::vector<Offset>
      char_offsets;  // [tokens] in Unicode code points of the text; {0, 0} for added specials
  std::vector<Offset> byte_offsets;  // [tokens] in UTF-8 bytes of the text
  std::vector<uint8_t> special;      // [tokens]: 1 for added specials

  [[nodiscard]] std::size_t sequences() const noexcept {
    return starts.empty() ? 0 : starts.size() - 1;
  }
  /// Keeps the capacity: a reused object stops allocating.
  MARTLET_API void clear();
};

struct TextPair {
  std::string_view first;
  std::string_view second;
};

/// Immutable after loading; every member is safe to call from many threads.
class MARTLET_API Tokenizer {
 public:
  /// From a tokenizer.json, a directory that holds one, or an ONNX file that holds one or has it
  /// beside itself. The file's own `truncation` and
  /// `padding` sections are call-time settings of the program that wrote it and are ignored, as
  /// transformers does. kInvalidModel for a malformed file, kUnsupported for one with parts
  /// that martlet does not have.
  static Result<Tokenizer> load(const std::filesystem::path& path);
  /// From the text of a tokenizer.json. `where` names it in messages.
  static Result<Tokenizer> from_json(std::string_view json, std::string_view where);

  Tokenizer(Tokenizer&&) noexcept;
  Tokenizer& operator=(Tokenizer&&) noexcept;
  ~Tokenizer();

  /// Replaces the content of `out` with the sequences of `texts`, in order. Invalid UTF-8 is read
  /// as U+FFFD per maximal invalid part, as Python's errors="replace" does. kInvalidArgument for
  /// options that make no sense or that a text is too short for, kResourceExhausted when there
  /// would be too many tokens for `out`; it is then empty.
  Status encode(
      std::span<const std::string_view> texts, const EncodeOptions& options, Encodings& out
  ) const;
  Status encode(std::span<const TextPair> pairs, const EncodeOptions& options, Encodings& out)
      const;

  /// Ids back to text. Ids that there are not are left out.
  [[nodiscard]] std::string decode(std::span<const int32_t> ids, bool skip_special_tokens = true)
      const;

  /// Tokens back to text, special ones too.
  [[nodiscard]] std::string join(std::span<const std::string_view> tokens) const;

  [[nodiscard]] std::optional<int32_t> token_to_id(std::string_view token) const;
  /// Empty when there is no such id. Of an added token that is `normalized`, its normalized form.
  [[nodiscard]] std::string_view id_to_token(int32_t id) const;
  /// What stands for a word that the vocabulary cannot spell; none where it spells all.
  [[nodiscard]] std::optional<int32_t> unknown_id() const noexcept;
  /// Tokens that go on with a word begin with a mark, as WordPiece's "##ing".
  [[nodiscard]] bool marks_subwords() const noexcept;
  /// Largest id + 1, added tokens included.
  [[nodiscard]] int32_t vocab_size() const noexcept;

 private:
  struct Impl;
  explicit Tokenizer(std::unique_ptr<const Impl> impl);
  std::unique_ptr<const Impl> impl_;
};

}  // namespace martlet

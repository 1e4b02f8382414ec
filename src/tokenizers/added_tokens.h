// Tokens that are found in the text before the model sees it: [CLS], [MASK] and what users add.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "formats/tokenizer_json.h"
#include "martlet/status.h"
#include "tokenizers/chars.h"
#include "tokenizers/text_normalizer.h"
#include "tokenizers/trie.h"
#include "tokenizers/vocabulary.h"

namespace martlet {

class AddedTokens {
 public:
  /// A part of a text: an added token, or (id kText) what stands between them.
  struct Part {
    std::span<const Char> chars;  // not empty
    int32_t id = kText;
  };
  static constexpr int32_t kText = -1;

  /// Ids are those of `model`, or counted on from its size for tokens that it does not have.
  static Result<AddedTokens> build(
      const std::vector<AddedToken>& tokens, const Vocabulary& model,
      const TextNormalizer& normalizer, std::string_view where
  );

  /// Appends the parts of `text` as the user wrote it, cut at the tokens with `normalized` false.
  void split_raw(std::span<const Char> text, std::vector<Part>& parts) const {
    split(text, raw_, parts);
  }
  /// Appends the parts of normalized text, cut at the tokens with `normalized` true.
  void split_normalized(std::span<const Char> text, std::vector<Part>& parts) const {
    split(text, normalized_, parts);
  }

  [[nodiscard]] std::optional<int32_t> find(std::string_view content) const;
  /// What decoding writes for `id`; empty when it is not the id of an added token. For a token with
  /// `normalized` it is the normalized form.
  [[nodiscard]] std::string_view decoded(int32_t id) const;
  [[nodiscard]] bool is_special(std::string_view token) const;
  /// Largest id + 1.
  [[nodiscard]] int32_t end_id() const noexcept { return end_id_; }

  // For ASCII text, of which the fast path must know whether it has added tokens:

  /// Whether a token that split_raw or split_normalized looks for begins with `byte`.
  [[nodiscard]] bool one_begins_with(char byte) const noexcept {
    return raw_.first_bytes[uint8_t(byte)] || normalized_.first_bytes[uint8_t(byte)];
  }
  /// Whether `text` begins with a token that split_raw looks for, or its normalized form with one
  /// that split_normalized looks for.
  [[nodiscard]] bool one_begins(std::string_view text, std::string_view normalized) const;

 private:
  struct Entry {
    AddedToken token;
    std::string decoded;
  };
  struct Patterns {
    Trie trie;                            // values are ids
    std::array<bool, 256> first_bytes{};  // of the UTF-8 of all of them
    bool empty = true;

    /// The longest pattern that `text`, not empty, begins with.
    [[nodiscard]] Trie::Match match(std::span<const Char> text) const;
  };

  void add_entries(
      const std::vector<AddedToken>& tokens, const Vocabulary& model,
      const TextNormalizer& normalizer
  );
  Status add_patterns(const std::vector<AddedToken>& tokens, std::string_view where);
  void split(std::span<const Char> text, const Patterns& patterns, std::vector<Part>& parts) const;

  std::unordered_map<std::string, int32_t> ids_;  // by content
  std::unordered_map<int32_t, Entry> entries_;    // by id
  std::unordered_set<std::string> special_;       // contents
  Patterns raw_;
  Patterns normalized_;
  int32_t end_id_ = 0;
};

}  // namespace martlet

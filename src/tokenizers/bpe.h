// Byte-pair encoding: a word's code points are joined pair by pair, the pair that was learned first
// before all others, until no pair that was learned is left.
//
// A heap of the pairs there are makes that n log n in the length of a word.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "formats/tokenizer_json.h"
#include "martlet/status.h"
#include "tokenizers/byte_tokens.h"
#include "tokenizers/chars.h"
#include "tokenizers/merge_table.h"
#include "tokenizers/vocabulary.h"

namespace martlet {

class Bpe {
 public:
  /// A part of the word. They form a list in word order; joining two removes the right one.
  struct Symbol {
    int32_t id = 0;
    uint32_t bytes = 0;  // of the word; 0 once it is removed
    int32_t previous = kEnd;
    int32_t next = kEnd;
  };
  struct Candidate {
    int32_t rank = 0;
    int32_t position = 0;  // of the left symbol
    int32_t merged_id = 0;
  };
  /// Working memory. For one thread.
  struct Scratch {
    std::vector<Symbol> symbols;
    std::vector<Candidate> heap;
  };

  /// kInvalidModel when the vocabulary is contradictory or lacks a token that the merges or the
  /// options need.
  static Result<Bpe> build(const BpeConfig& config, std::string_view where);

  /// Appends the tokens of `word`, which is not empty.
  void tokenize(std::span<const Char> word, Scratch& scratch, std::vector<Token>& tokens) const;

  [[nodiscard]] const Vocabulary& vocabulary() const noexcept { return vocabulary_; }

 private:
  static constexpr int32_t kEnd = -1;
  static constexpr int32_t kNoId = -1;

  Status add_merges(const BpeConfig& config, std::string_view where);
  [[nodiscard]] int32_t find_symbol(char32_t code, bool is_first, bool is_last) const;
  void read_symbols(std::span<const Char> word, std::vector<Symbol>& symbols) const;
  [[nodiscard]] bool push_bytes(char32_t code, std::vector<Symbol>& symbols) const;
  void push_candidate(int32_t left, Scratch& scratch) const;
  void join_all(Scratch& scratch) const;

  Vocabulary vocabulary_;
  MergeTable merges_;
  std::optional<int32_t> unk_id_;
  std::string prefix_;  // before a symbol that does not begin a word, in the vocabulary
  std::string suffix_;  // after one that ends a word
  bool fuse_unk_ = false;
  bool ignore_merges_ = false;
  bool byte_fallback_ = false;
  ByteTokens byte_tokens_;
};

}  // namespace martlet

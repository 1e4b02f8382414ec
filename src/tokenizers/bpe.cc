#include "tokenizers/bpe.h"

#include <algorithm>

#include "core/error.h"
#include "formats/json.h"
#include "tokenizers/token_spans.h"
#include "tokenizers/unicode.h"

namespace martlet {
namespace {

/// Orders a heap by what comes last: the lowest rank, then the leftmost pair, is on top.
bool comes_after(const Bpe::Candidate& a, const Bpe::Candidate& b) {
  return a.rank != b.rank ? a.rank > b.rank : a.position > b.position;
}

}  // namespace

Result<Bpe> Bpe::build(const BpeConfig& config, std::string_view where) {
  auto vocabulary = Vocabulary::build(config.vocab, where);
  if (!vocabulary) return vocabulary.status();
  Bpe model;
  model.vocabulary_ = std::move(*vocabulary);
  if (config.unk_token) {
    model.unk_id_ = model.vocabulary_.find(*config.unk_token);
    if (!model.unk_id_) {
      return error(
          StatusCode::kInvalidModel, where, "vocabulary, got no unknown token, expected {}",
          in_quotes(*config.unk_token)
      );
    }
  }
  model.prefix_ = config.continuing_subword_prefix;
  model.suffix_ = config.end_of_word_suffix;
  model.fuse_unk_ = config.fuse_unk;
  model.ignore_merges_ = config.ignore_merges;
  model.byte_fallback_ = config.byte_fallback;
  model.byte_tokens_ = ByteTokens(model.vocabulary_);
  MARTLET_RETURN_IF_ERROR(model.add_merges(config, where));
  return model;
}

Status Bpe::add_merges(const BpeConfig& config, std::string_view where) {
  merges_ = MergeTable(config.merges.size());
  int32_t rank = 0;
  for (const auto& [left, right] : config.merges) {
    // The prefix of a continuation stands between the two no more.
    const std::string_view tail =
        std::string_view(right).substr(std::min(prefix_.size(), right.size()));
    const std::string joined = left + std::string(tail);
    for (const std::string_view token :
         {std::string_view(left), std::string_view(right), std::string_view(joined)}) {
      if (vocabulary_.find(token)) continue;
      return error(
          StatusCode::kInvalidModel, where,
          "merges, got {} in one of them, expected tokens of the "
          "vocabulary",
          in_quotes(token)
      );
    }
    merges_.insert(
        *vocabulary_.find(left), *vocabulary_.find(right), {rank++, *vocabulary_.find(joined)}
    );
  }
  return {};
}

int32_t Bpe::find_symbol(char32_t code, bool is_first, bool is_last) const {
  if (prefix_.empty() && suffix_.empty()) {  // byte-level: no string to make
    const Trie::Match match =
        vocabulary_.trie().longest_match(1, [&](std::size_t) { return code; });
    return match.length == 0 ? kNoId : match.value;
  }
  std::string symbol = is_first ? "" : prefix_;
  unicode::append_utf8(code, symbol);
  if (is_last) symbol += suffix_;
  return vocabulary_.find(symbol).value_or(kNoId);
}

bool Bpe::push_bytes(char32_t code, std::vector<Symbol>& symbols) const {
  std::string bytes;
  unicode::append_utf8(code, bytes);
  if (!byte_tokens_.has_all(bytes)) return false;
  for (const char byte : bytes) symbols.push_back({.id = byte_tokens_.id_of(byte), .bytes = 1});
  return true;
}

void Bpe::read_symbols(std::span<const Char> word, std::vector<Symbol>& symbols) const {
  symbols.clear();
  bool after_unk = false;
  for (std::size_t i = 0; i < word.size(); ++i) {
    const char32_t code = word[i].code;
    const auto bytes = uint32_t(unicode::utf8_size(code));
    const int32_t id = find_symbol(code, i == 0, i + 1 == word.size());
    if (id != kNoId) {
      symbols.push_back({.id = id, .bytes = bytes});
      after_unk = false;
    } else if (byte_fallback_ && push_bytes(code, symbols)) {
      after_unk = false;
    } else if (unk_id_ && fuse_unk_ && after_unk) {
      symbols.back().bytes += bytes;
    } else if (unk_id_) {
      symbols.push_back({.id = *unk_id_, .bytes = bytes});
      after_unk = true;
    }
  }
  for (std::size_t i = 0; i < symbols.size(); ++i) {
    symbols[i].previous = int32_t(i) - 1;
    symbols[i].next = i + 1 < symbols.size() ? int32_t(i) + 1 : kEnd;
  }
}

void Bpe::push_candidate(int32_t left, Scratch& scratch) const {
  if (left == kEnd) return;
  const Symbol& symbol = scratch.symbols[std::size_t(left)];
  if (symbol.next == kEnd) return;
  const Merge* merge = merges_.find(symbol.id, scratch.symbols[std::size_t(symbol.next)].id);
  if (merge == nullptr) return;
  scratch.heap.push_back({merge->rank, left, merge->id});
  std::ranges::push_heap(scratch.heap, comes_after);
}

void Bpe::join_all(Scratch& scratch) const {
  std::vector<Symbol>& symbols = scratch.symbols;
  scratch.heap.clear();
  for (std::size_t i = 0; i < symbols.size(); ++i) push_candidate(int32_t(i), scratch);
  while (!scratch.heap.empty()) {
    std::ranges::pop_heap(scratch.heap, comes_after);
    const Candidate top = scratch.heap.back();
    scratch.heap.pop_back();
    Symbol& left = symbols[std::size_t(top.position)];
    if (left.bytes == 0 || left.next == kEnd) continue;
    Symbol& right = symbols[std::size_t(left.next)];
    // The pair may have changed since; the library asks only whether it still makes that token.
    const Merge* merge = merges_.find(left.id, right.id);
    if (merge == nullptr || merge->id != top.merged_id) continue;
    left.id = top.merged_id;
    left.bytes += right.bytes;
    left.next = right.next;
    right.bytes = 0;
    if (left.next != kEnd) symbols[std::size_t(left.next)].previous = top.position;
    push_candidate(left.previous, scratch);
    push_candidate(top.position, scratch);
  }
}

void Bpe::tokenize(std::span<const Char> word, Scratch& scratch, std::vector<Token>& tokens) const {
  if (ignore_merges_) {
    const auto code_at = [&](std::size_t i) { return word[i].code; };
    const Trie::Match match = vocabulary_.trie().longest_match(word.size(), code_at);
    if (match.length == word.size()) {
      tokens.push_back(token_over(match.value, word));
      return;
    }
  }
  read_symbols(word, scratch.symbols);
  join_all(scratch);
  TokenSpans spans(word);
  for (const Symbol& symbol : scratch.symbols) {
    if (symbol.bytes > 0) tokens.push_back(spans.next(symbol.id, symbol.bytes));
  }
}

}  // namespace martlet

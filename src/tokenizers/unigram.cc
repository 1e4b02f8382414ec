#include "tokenizers/unigram.h"

#include <algorithm>
#include <string>

#include "tokenizers/unicode.h"

namespace martlet {
namespace {

/// How much worse than the rarest token an unknown code point is.
constexpr double kUnknownPenalty = 10;

}  // namespace

Result<Unigram> Unigram::build(const UnigramConfig& config, std::string_view where) {
  std::vector<std::pair<std::string, int32_t>> tokens;
  Unigram model;
  double lowest = config.vocab.front().second;
  for (const auto& [token, score] : config.vocab) {
    tokens.emplace_back(token, int32_t(tokens.size()));
    model.scores_.push_back(score);
    lowest = std::min(lowest, score);
  }
  auto vocabulary = Vocabulary::build(tokens, where, Vocabulary::Repeats::kAll);
  if (!vocabulary) return vocabulary.status();
  model.vocabulary_ = std::move(*vocabulary);
  model.unk_id_ = config.unk_id.value_or(kNoUnknown);
  model.unk_score_ = lowest - kUnknownPenalty;
  model.byte_fallback_ = config.byte_fallback;
  model.byte_tokens_ = ByteTokens(model.vocabulary_);
  return model;
}

/// Without an unknown token it ends where that would be, as the library does, even if a longer
/// token could spell what follows.
void Unigram::find_best(std::span<const Char> word, Scratch& scratch) const {
  std::vector<Best>& best = scratch.best;
  best.assign(word.size() + 1, {});
  for (std::size_t begin = 0; begin < word.size(); ++begin) {
    const double before = best[begin].score;
    const auto offer = [&](std::size_t end, int32_t id, double score) {
      Best& at = best[end];
      const bool better = at.begin < 0 || score > at.score;
      if (better) at = {score, id, int32_t(begin)};
      return better;
    };
    bool known = false;  // the code point alone is a token
    vocabulary_.trie().for_each_prefix(
        word.size() - begin, [&](std::size_t i) { return word[begin + i].code; },
        [&](int32_t id, std::size_t length) {
          offer(begin + length, id, scores_[std::size_t(id)] + before);
          known |= length == 1;
        }
    );
    if (!known && offer(begin + 1, unk_id_, unk_score_ + before) && unk_id_ == kNoUnknown) {
      scratch.unspelled = word[begin].code;
      return;
    }
  }
}

/// From the end of the word to its beginning; unknown code points side by side are one part.
void Unigram::collect_parts(const std::vector<Best>& best, std::vector<Part>& parts) const {
  parts.clear();
  for (auto end = int32_t(best.size()) - 1; end > 0;) {
    const Best& last = best[std::size_t(end)];
    if (last.id == unk_id_ && !parts.empty() && parts.back().id == unk_id_) {
      parts.back().begin = last.begin;
    } else {
      parts.push_back({last.id, last.begin, end});
    }
    end = last.begin;
  }
  std::ranges::reverse(parts);
}

void Unigram::push_unknown(std::span<const Char> part, std::vector<Token>& tokens) const {
  const auto code_at = [&](std::size_t i) { return part[i].code; };
  const Trie::Match match = vocabulary_.trie().longest_match(part.size(), code_at);
  if (match.length == part.size()) return tokens.push_back(token_over(match.value, part));
  if (byte_fallback_) {
    std::string bytes;
    for (const Char& c : part) unicode::append_utf8(c.code, bytes);
    if (byte_tokens_.has_all(bytes)) {
      for (const char byte : bytes) tokens.push_back(token_over(byte_tokens_.id_of(byte), part));
      return;
    }
  }
  tokens.push_back(token_over(unk_id_, part));
}

void Unigram::tokenize(std::span<const Char> word, Scratch& scratch, std::vector<Token>& tokens)
    const {
  find_best(word, scratch);
  if (scratch.unspelled) return;
  collect_parts(scratch.best, scratch.parts);
  for (const Part& part : scratch.parts) {
    const auto chars = word.subspan(std::size_t(part.begin), std::size_t(part.end - part.begin));
    if (part.id == unk_id_) {
      push_unknown(chars, tokens);
    } else {
      tokens.push_back(token_over(part.id, chars));
    }
  }
}

}  // namespace martlet

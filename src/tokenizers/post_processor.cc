#include "tokenizers/post_processor.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "core/error.h"

namespace martlet {
namespace {

using Kind = TemplatePiece::Kind;

/// What the windows of one text or pair may come to. Windows that overlap, and pairs of windows,
/// multiply a text: 1 MB could ask for terabytes.
constexpr std::size_t kMaxWindowTokens = std::size_t{1} << 24;

struct SequenceParts {
  const Template& pieces;
  std::span<const TextWindows> texts;
};

/// Which window each piece of a template takes; special tokens have but one.
using Choice = std::vector<std::size_t>;

std::size_t count_added(const Template& pieces) {
  std::size_t count = 0;
  for (const TemplatePiece& piece : pieces) count += piece.ids.size();
  return count;
}

/// The text that a piece stands for; nullptr for special tokens.
const TextWindows* text_of(const TemplatePiece& piece, std::span<const TextWindows> texts) {
  if (piece.kind == Kind::kSpecial) return nullptr;
  return &texts[piece.kind == Kind::kSecond ? 1 : 0];
}

/// The first windows of all pieces, then the other combinations in the order in which the library
/// merges pieces: each overflow so far with every window of the next piece, then the first windows
/// so far with its other ones.
std::vector<Choice> choose_windows(const SequenceParts& parts) {
  Choice first;
  std::vector<Choice> others;
  for (const TemplatePiece& piece : parts.pieces) {
    const TextWindows* text = text_of(piece, parts.texts);
    const std::size_t windows = text == nullptr ? 1 : text->windows.size();
    std::vector<Choice> next;
    const auto extend = [&](const Choice& choice, std::size_t begin) {
      for (std::size_t window = begin; window < windows; ++window) {
        next.push_back(choice);
        next.back().push_back(window);
      }
    };
    for (const Choice& other : others) extend(other, 0);
    extend(first, 1);
    others = std::move(next);
    first.push_back(0);
  }
  others.insert(others.begin(), std::move(first));
  return others;
}

template <class T>
void append_window(const std::vector<T>& from, const Window& window, std::vector<T>& to) {
  if (from.empty()) return;
  const auto begin = from.begin() + std::ptrdiff_t(window.begin);
  to.insert(to.end(), begin, begin + std::ptrdiff_t(window.end - window.begin));
}

void append_text(const TextTokens& tokens, const Window& window, Encodings& out) {
  append_window(tokens.ids, window, out.ids);
  append_window(tokens.char_offsets, window, out.char_offsets);
  append_window(tokens.byte_offsets, window, out.byte_offsets);
}

/// One sequence; an empty `choice` takes the first window of every text. Other windows have the
/// type id of their text, not that of the template: so does the library.
void append_sequence(
    const SequenceParts& parts, const Choice& choice, const EncodeOptions& options, Encodings& out
) {
  for (std::size_t i = 0; i < parts.pieces.size(); ++i) {
    const TemplatePiece& piece = parts.pieces[i];
    const std::size_t window = choice.empty() ? 0 : choice[i];
    int32_t type_id = piece.type_id;
    if (const TextWindows* text = text_of(piece, parts.texts)) {
      append_text(*text->tokens, text->windows[window], out);
      if (window > 0) type_id = piece.kind == Kind::kSecond ? 1 : 0;
    } else if (options.add_special_tokens) {
      out.ids.insert(out.ids.end(), piece.ids.begin(), piece.ids.end());
    }
    out.type_ids.resize(out.ids.size(), type_id);
    if (options.offsets) {
      out.char_offsets.resize(out.ids.size());
      out.byte_offsets.resize(out.ids.size());
    }
  }
  out.starts.push_back(int32_t(out.ids.size()));
}

/// kResourceExhausted when the sequences of `parts` are too many tokens, or too many for `out`.
Status check_size(const SequenceParts& parts, const Encodings& out) {
  std::size_t sequences = 1;
  std::size_t tokens = 0;  // of the longest sequence
  for (const TemplatePiece& piece : parts.pieces) {
    const TextWindows* text = text_of(piece, parts.texts);
    sequences =
        std::min(sequences * (text == nullptr ? 1 : text->windows.size()), kMaxWindowTokens);
    tokens += text == nullptr ? piece.ids.size() : text->windows[0].end;
  }
  if (sequences > 1 && tokens > kMaxWindowTokens / sequences) {
    return error(
        StatusCode::kResourceExhausted, "tokenizer",
        "windows of one text, got {} of up to {} tokens, expected at most {} tokens", sequences,
        tokens, kMaxWindowTokens
    );
  }
  constexpr std::size_t kMaxTokens = std::numeric_limits<int32_t>::max();
  if (out.ids.size() + sequences * tokens > kMaxTokens) {
    return error(
        StatusCode::kResourceExhausted, "tokenizer",
        "tokens of one call, got more than {}, expected fewer: pass fewer texts", kMaxTokens
    );
  }
  return {};
}

}  // namespace

PostProcessor::PostProcessor(PostProcessorConfig config)
    : single_(std::move(config.single)),
      pair_(std::move(config.pair)),
      added_to_single_(count_added(single_)),
      added_to_pair_(count_added(pair_)) {}

Status PostProcessor::append(
    std::span<const TextWindows> texts, const EncodeOptions& options, Encodings& out
) const {
  const SequenceParts parts{texts.size() == 2 ? pair_ : single_, texts};
  MARTLET_RETURN_IF_ERROR(check_size(parts, out));
  const bool has_overflow = std::any_of(texts.begin(), texts.end(), [](const TextWindows& text) {
    return text.windows.size() > 1;
  });
  if (!has_overflow) {
    append_sequence(parts, {}, options, out);
    return {};
  }
  for (const Choice& choice : choose_windows(parts)) {
    append_sequence(parts, choice, options, out);
  }
  return {};
}

}  // namespace martlet

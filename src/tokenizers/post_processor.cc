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
  std::optional<TrimOffsetsConfig> trim_offsets;
  bool one_type = false;
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

void append_ids(const TextTokens& tokens, const Window& window, Encodings& out) {
  const auto begin = tokens.ids.begin() + std::ptrdiff_t(window.begin);
  out.ids.insert(out.ids.end(), begin, begin + std::ptrdiff_t(window.end - window.begin));
}

/// The offset of a token without its white space. To the library the only space before a window's
/// first token, or before one that begins where the text does, is what add_prefix_space put there.
Offset trimmed(Offset offset, TokenSpaces spaces, bool is_first, const TrimOffsetsConfig& config) {
  if (config.add_prefix_space && (is_first || offset.begin == 0) && spaces.leading == 1) {
    spaces.leading = 0;
  }
  offset.begin = std::min(offset.begin + spaces.leading, offset.end);
  if (offset.end >= spaces.trailing) {
    offset.end = std::max(offset.end - spaces.trailing, offset.begin);
  }
  return offset;
}

void append_offsets(
    const TextTokens& tokens, const Window& window, const std::optional<TrimOffsetsConfig>& trim,
    Encodings& out
) {
  for (std::size_t i = window.begin; i < window.end; ++i) {
    Offset offset = tokens.char_offsets[i];
    if (trim) offset = trimmed(offset, tokens.spaces[i], i == window.begin, *trim);
    out.char_offsets.push_back(offset);
    out.byte_offsets.push_back(
        {tokens.byte_begin[std::size_t(offset.begin)], tokens.byte_begin[std::size_t(offset.end)]}
    );
  }
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
      append_ids(*text->tokens, text->windows[window], out);
      if (options.offsets) {
        append_offsets(*text->tokens, text->windows[window], parts.trim_offsets, out);
      }
      if (window > 0 && !parts.one_type) type_id = piece.kind == Kind::kSecond ? 1 : 0;
    } else if (options.add_special_tokens) {
      out.ids.insert(out.ids.end(), piece.ids.begin(), piece.ids.end());
    }
    out.type_ids.resize(out.ids.size(), type_id);
    if (options.offsets) {
      out.char_offsets.resize(out.ids.size());
      out.byte_offsets.resize(out.ids.size());
      out.special.resize(out.ids.size(), piece.kind == Kind::kSpecial ? 1 : 0);
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
      trim_offsets_(config.trim_offsets),
      one_type_(config.one_type),
      added_to_single_(count_added(single_)),
      added_to_pair_(count_added(pair_)) {}

Status PostProcessor::append(
    std::span<const TextWindows> texts, const EncodeOptions& options, Encodings& out
) const {
  const SequenceParts parts{texts.size() == 2 ? pair_ : single_, texts, trim_offsets_, one_type_};
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

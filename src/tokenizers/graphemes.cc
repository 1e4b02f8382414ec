#include "tokenizers/graphemes.h"

#include "tokenizers/unicode.h"

namespace martlet {
namespace {

using unicode::record;

constexpr char32_t kJoiner = 0x200D;
constexpr char32_t kNonJoiner = 0x200C;

enum class Hangul { kNone, kLead, kVowel, kTail, kOpen, kClosed };

/// The parts of Korean syllables, and syllables without and with a final consonant.
Hangul hangul(char32_t code) {
  const auto in = [code](char32_t first, char32_t last) { return code >= first && code <= last; };
  if (code < 0x1100) return Hangul::kNone;
  if (in(0x1100, 0x115F) || in(0xA960, 0xA97C)) return Hangul::kLead;
  if (in(0x1160, 0x11A7) || in(0xD7B0, 0xD7C6)) return Hangul::kVowel;
  if (in(0x11A8, 0x11FF) || in(0xD7CB, 0xD7FB)) return Hangul::kTail;
  if (!in(0xAC00, 0xD7A3)) return Hangul::kNone;
  return (code - 0xAC00) % 28 == 0 ? Hangul::kOpen : Hangul::kClosed;
}

bool is_syllable(char32_t before, char32_t code) {
  const Hangul right = hangul(code);
  switch (hangul(before)) {
    case Hangul::kNone:
      return false;
    case Hangul::kLead:
      return right != Hangul::kNone && right != Hangul::kTail;
    case Hangul::kVowel:
    case Hangul::kOpen:
      return right == Hangul::kVowel || right == Hangul::kTail;
    case Hangul::kTail:
    case Hangul::kClosed:
      return right == Hangul::kTail;
  }
  return false;
}

/// What of a cluster so far decides whether it goes on.
class Cluster {
 public:
  explicit Cluster(char32_t first) { add(first); }

  [[nodiscard]] bool takes(char32_t code) const {
    const uint32_t left = record(last_);
    const uint32_t right = record(code);
    if ((left | right) & unicode::kBreaks) return last_ == '\r' && code == '\n';
    return right & unicode::kJoins || left & unicode::kPrepends ||
           (pictograph_ == Sequence::kLinked && right & unicode::kPictograph) ||
           (conjunct_ == Sequence::kLinked && right & unicode::kConsonant) ||
           is_syllable(last_, code);
  }

  void add(char32_t code) {
    const uint32_t kind = record(code);
    const bool extends = kind & unicode::kExtends;
    if (kind & unicode::kPictograph) {
      pictograph_ = Sequence::kBegun;
    } else if (pictograph_ == Sequence::kBegun && code == kJoiner) {
      pictograph_ = Sequence::kLinked;
    } else if (pictograph_ != Sequence::kBegun || !extends) {
      pictograph_ = Sequence::kNone;
    }
    if (kind & unicode::kConsonant) {
      conjunct_ = Sequence::kBegun;
    } else if (conjunct_ != Sequence::kNone && kind & unicode::kLinker) {
      conjunct_ = Sequence::kLinked;
    } else if (code == kNonJoiner || (!extends && code != kJoiner)) {
      conjunct_ = Sequence::kNone;
    }
    last_ = code;
  }

 private:
  enum class Sequence { kNone, kBegun, kLinked };

  char32_t last_ = 0;
  Sequence pictograph_ = Sequence::kNone;
  Sequence conjunct_ = Sequence::kNone;
};

}  // namespace

std::size_t cluster_length(std::span<const Char> text) noexcept {
  std::size_t length = 1;
  if (text.size() > 1 && text[0].code < 0x80 && text[1].code < 0x80)
    return text[0].code == '\r' && text[1].code == '\n' ? 2 : 1;
  Cluster cluster(text[0].code);
  while (length < text.size() && cluster.takes(text[length].code)) cluster.add(text[length++].code);
  return length;
}

}  // namespace martlet

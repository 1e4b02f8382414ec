// Any bytes as texts, with any options. Input: tokenizer, flags, max_length, stride, length of the
// first text of a pair; then the texts.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string_view>
#include <vector>

#include "martlet/tokenizer.h"

namespace {

using martlet::EncodeOptions;
using martlet::Encodings;
using martlet::Offset;
using martlet::Tokenizer;

constexpr std::size_t kHeader = 5;

void require(bool holds) {
  if (!holds) std::abort();
}

const Tokenizer& tokenizer(uint8_t choice) {
  static const auto tokenizers = [] {
    std::vector<Tokenizer> loaded;
    for (const auto name :
         {"uncased", "cased", "accents", "bare", "added", "byte_level", "unigram"}) {
      const std::filesystem::path directory = MARTLET_SOURCE_DIR "/tests/golden/tokenizer";
      loaded.push_back(Tokenizer::load(directory / (std::string(name) + ".json")).value());
    }
    return loaded;
  }();
  return tokenizers[choice % tokenizers.size()];
}

EncodeOptions options_of(const uint8_t* header) {
  return {
      .add_special_tokens = (header[1] & 1) != 0,
      .max_length = header[2],
      .truncation = martlet::Truncation((header[1] >> 1) % 3),
      .stride = header[3] % 8,
      .overflow = (header[1] & 8) != 0,
  };
}

void check_offsets(const std::vector<Offset>& offsets, std::size_t limit) {
  int32_t last_begin = 0;
  for (const Offset& offset : offsets) {
    if (offset == Offset{}) continue;  // a special token that was added
    require(offset.begin >= last_begin && offset.begin <= offset.end);
    require(std::size_t(offset.end) <= limit);
    // Empty where byte-level tokenizers trim white space: of a space and part of a code point,
    // whose other parts begin before that.
    if (offset.begin < offset.end) last_begin = offset.begin;
  }
}

void check(const Tokenizer& tokens, const EncodeOptions& options, const Encodings& out) {
  require(out.starts.size() == out.text_of.size() + 1);
  require(
      out.ids.size() == out.type_ids.size() && std::size_t(out.starts.back()) == out.ids.size()
  );
  for (const int32_t id : out.ids) require(id >= 0 && id < tokens.vocab_size());
  for (std::size_t i = 0; i < out.sequences(); ++i) {
    const int32_t length = out.starts[i + 1] - out.starts[i];
    require(length >= 0 && (options.max_length == 0 || length <= options.max_length));
  }
  (void)tokens.decode(out.ids);
}

template <class Input>
void encode(const Tokenizer& tokens, const Input& input, EncodeOptions options, std::size_t limit) {
  Encodings fast;
  Encodings general;
  const auto fast_status = tokens.encode(std::span(&input, 1), options, fast);
  options.offsets = true;
  const auto status = tokens.encode(std::span(&input, 1), options, general);
  require(fast_status.code() == status.code());
  require(fast.ids == general.ids && fast.type_ids == general.type_ids);
  require(fast.starts == general.starts && fast.truncated == general.truncated);
  if (!status.ok()) return;
  check(tokens, options, general);
  if (options.overflow || limit == 0) return;
  check_offsets(general.char_offsets, limit);
  check_offsets(general.byte_offsets, limit);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  if (size < kHeader) return 0;
  const Tokenizer& tokens = tokenizer(data[0]);
  const EncodeOptions options = options_of(data);
  const std::string_view text(reinterpret_cast<const char*>(data) + kHeader, size - kHeader);
  const std::size_t first = std::min<std::size_t>(data[4], text.size());
  encode(tokens, text, options, std::max<std::size_t>(text.size(), 1));
  encode(tokens, martlet::TextPair{text.substr(0, first), text.substr(first)}, options, 0);
  return 0;
}

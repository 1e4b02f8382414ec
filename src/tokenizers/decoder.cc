#include "tokenizers/decoder.h"

#include <utility>

#include "tokenizers/byte_level.h"
#include "tokenizers/unicode.h"

namespace martlet {
namespace {

/// In this order; each is replaced in what the ones before have left.
constexpr std::pair<std::string_view, std::string_view> kCleanups[] = {
    {" .", "."},   {" ?", "?"},     {" !", "!"},     {" ,", ","},
    {" ' ", "'"},  {" n't", "n't"}, {" 'm", "'m"},   {" do not", " don't"},
    {" 's", "'s"}, {" 've", "'ve"}, {" 're", "'re"},
};

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  std::size_t position = text.find(from);
  if (position == std::string::npos) return;
  std::string out;
  std::size_t copied = 0;
  for (; position != std::string::npos; position = text.find(from, copied)) {
    out.append(text, copied, position - copied).append(to);
    copied = position + from.size();
  }
  text = out.append(text, copied);
}

/// Appends what `token` is in a text: a continuation joins what stands before it, any other token
/// but the first comes after a space; cleanup then takes spaces off English punctuation.
void append_word_piece(
    const WordPieceDecoderConfig& config, std::string_view token, bool is_first, std::string& text
) {
  std::string piece;
  if (is_first) {
    piece = token;
  } else if (token.starts_with(config.prefix)) {
    piece = token.substr(config.prefix.size());
  } else {
    piece = ' ';
    piece += token;
  }
  if (config.cleanup) {
    for (const auto& [from, to] : kCleanups) replace_all(piece, from, to);
  }
  text += piece;
}

struct Decode {
  std::span<const std::string_view> tokens;

  std::string operator()(const WordPieceDecoderConfig& config) const {
    std::string text;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      append_word_piece(config, tokens[i], i == 0, text);
    }
    return text;
  }

  std::string operator()(const MetaspaceConfig& config) const {
    std::string text;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      const bool drops = i == 0 && config.prepend != MetaspaceConfig::Prepend::kNever;
      for (std::size_t position = 0; position < tokens[i].size();) {
        const char32_t code = unicode::read_utf8(tokens[i], position);
        if (code != config.replacement) {
          unicode::append_utf8(code, text);
        } else if (!drops) {
          text.push_back(' ');
        }
      }
    }
    return text;
  }

  /// A code point's bytes may be those of many tokens, so what is not UTF-8 is known at the end.
  std::string operator()(const ByteLevelDecoderConfig&) const {
    std::string bytes;
    for (const std::string_view token : tokens) byte_level::append_bytes(token, bytes);
    std::string text;
    for (std::size_t position = 0; position < bytes.size();) {
      unicode::append_utf8(unicode::read_utf8(bytes, position), text);
    }
    return text;
  }
};

}  // namespace

std::string Decoder::decode(std::span<const std::string_view> tokens) const {
  return std::visit(Decode{tokens}, config_);
}

}  // namespace martlet

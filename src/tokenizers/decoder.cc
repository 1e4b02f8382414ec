#include "tokenizers/decoder.h"

#include <utility>

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

}  // namespace

void WordPieceDecoder::append(std::string_view token, bool is_first, std::string& text) const {
  std::string piece;
  if (is_first) {
    piece = token;
  } else if (token.starts_with(config_.prefix)) {
    piece = token.substr(config_.prefix.size());
  } else {
    piece = ' ';
    piece += token;
  }
  if (config_.cleanup) {
    for (const auto& [from, to] : kCleanups) replace_all(piece, from, to);
  }
  text += piece;
}

}  // namespace martlet

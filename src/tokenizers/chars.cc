#include "tokenizers/chars.h"

#include "tokenizers/unicode.h"

namespace martlet {

void read_chars(std::string_view text, Chars& chars, std::vector<int32_t>& byte_begin) {
  chars.clear();
  byte_begin.clear();
  chars.reserve(text.size());
  byte_begin.reserve(text.size() + 1);
  for (std::size_t position = 0; position < text.size();) {
    byte_begin.push_back(int32_t(position));
    const char32_t code = unicode::read_utf8(text, position);
    chars.push_back({code, int32_t(chars.size())});
  }
  byte_begin.push_back(int32_t(text.size()));
}

}  // namespace martlet

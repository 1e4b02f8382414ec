// BertPreTokenizer: words are what stands between white space; punctuation marks are words too.
#pragma once

#include <span>

#include "tokenizers/chars.h"
#include "tokenizers/unicode.h"

namespace martlet {

/// Calls word(std::span<const Char>) for every word of `chars`, in order.
template <class Word>
void for_each_bert_word(std::span<const Char> chars, Word word) {
  std::size_t begin = 0;
  const auto end_word = [&](std::size_t end) {
    if (end > begin) word(chars.subspan(begin, end - begin));
    begin = end;
  };
  for (std::size_t i = 0; i < chars.size(); ++i) {
    const uint16_t record = unicode::record(chars[i].code);
    if ((record & (unicode::kSpace | unicode::kPunctuation)) == 0) continue;
    end_word(i);
    if (record & unicode::kPunctuation) end_word(i + 1);
    begin = i + 1;
  }
  end_word(chars.size());
}

}  // namespace martlet

// sentencepiece's precompiled charsmap: the normalization of a model as a table.
//
// `tokenizers` applies it in its own way, which is followed here to the letter: a grapheme cluster
// of less than six bytes becomes the replacement of the shortest string in the table that it begins
// with; the code points of others are looked up one by one.
#pragma once

#include "formats/tokenizer_json.h"
#include "tokenizers/chars.h"

namespace martlet {

/// Normalizes `chars` in place, in linear time. `spare` is working memory.
void apply_charsmap(const CharsmapConfig& charsmap, Chars& chars, Chars& spare);

}  // namespace martlet

// GPT-2's byte alphabet: every byte written as a printable code point, and the words it stands in.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "formats/tokenizer_json.h"
#include "tokenizers/pieces.h"

namespace martlet::byte_level {

/// The code point that stands for `byte`: itself where that prints, else one from U+0100 on.
char32_t code_of(uint8_t byte) noexcept;
/// The byte that `code` stands for, or -1.
int byte_of(char32_t code) noexcept;

/// The pre-tokenizer: appends the words of `text`, not empty, to `out`, their bytes as code points.
/// `spare` is working memory.
void split(const ByteLevelConfig& config, std::span<const Char> text, Chars& spare, Pieces& out);

/// Appends the bytes that `token` stands for; those of its UTF-8 when one of its code points stands
/// for none.
void append_bytes(std::string_view token, std::string& bytes);

}  // namespace martlet::byte_level

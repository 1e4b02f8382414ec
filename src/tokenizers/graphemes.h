// Extended grapheme clusters (Unicode's UAX 29), what people take for one character.
#pragma once

#include <cstddef>
#include <span>

#include "tokenizers/chars.h"

namespace martlet {

/// Code points in the cluster at the front of `text`, which is not empty. Flags, pairs of regional
/// indicators, count as two clusters: nothing here asks for them.
std::size_t cluster_length(std::span<const Char> text) noexcept;

}  // namespace martlet

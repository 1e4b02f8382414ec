// Encoding many texts on all threads of a pool.
#pragma once

#include <span>
#include <string_view>

#include "core/thread_pool.h"
#include "martlet/tokenizer.h"

namespace martlet {

/// As Tokenizer::encode, with the same result, on the threads of `pool`.
Status encode_parallel(
    const Tokenizer& tokenizer, std::span<const std::string_view> texts,
    const EncodeOptions& options, ThreadPool& pool, Encodings& out
);

}  // namespace martlet

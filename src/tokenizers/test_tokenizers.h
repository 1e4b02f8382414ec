// For tests: the tokenizers in tests/golden/tokenizer and small ones made here.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "martlet/tokenizer.h"

namespace martlet {

inline std::filesystem::path golden_tokenizer_path(std::string_view name) {
  return std::filesystem::path(MARTLET_SOURCE_DIR) / "tests/golden/tokenizer" / name;
}

inline Tokenizer load_golden_tokenizer(std::string_view name) {
  auto tokenizer = Tokenizer::load(golden_tokenizer_path(std::string(name) + ".json"));
  EXPECT_TRUE(tokenizer) << tokenizer.status().message();
  return std::move(*tokenizer);
}

inline std::vector<int32_t> ids_of(
    const Tokenizer& tokenizer, std::string_view text, const EncodeOptions& options = {}
) {
  Encodings out;
  const Status status = tokenizer.encode(std::span(&text, 1), options, out);
  EXPECT_TRUE(status.ok()) << status.message();
  return out.ids;
}

}  // namespace martlet

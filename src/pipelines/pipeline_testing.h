// For the pipelines' tests: the golden models, and random texts of words that their tokenizer has.
#pragma once

#include <array>
#include <filesystem>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "martlet/tokenizer.h"

namespace martlet {

inline std::filesystem::path golden_model(std::string_view name) {
  return std::filesystem::path(MARTLET_SOURCE_DIR) / "tests" / "golden" / "models" / name;
}

inline Tokenizer golden_tokenizer() {
  auto tokenizer = Tokenizer::load(golden_model("bert-odd"));
  if (!tokenizer) throw std::runtime_error(tokenizer.error().message());
  return *std::move(tokenizer);
}

/// Of 0 to 40 words.
inline std::vector<std::string> random_texts(std::size_t count) {
  static constexpr std::array<std::string_view, 8> kWords = {"film", "good", "bad",  "story",
                                                             "very", "not",  "dull", "xyz"};
  std::mt19937 random(5);
  std::vector<std::string> texts(count);
  for (std::string& text : texts) {
    for (std::size_t words = random() % 41; words > 0; --words) {
      text += kWords[random() % kWords.size()];
      text += ' ';
    }
  }
  return texts;
}

inline std::vector<std::string_view> views_of(const std::vector<std::string>& texts) {
  return {texts.begin(), texts.end()};
}

}  // namespace martlet

#include "engines/native/family.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <regex>
#include <string>
#include <vector>

namespace martlet {
namespace {

/// The names in the first column of the table of families in docs/engines.md.
std::vector<std::string> documented() {
  std::ifstream file(MARTLET_SOURCE_DIR "/docs/engines.md");
  const std::regex row("^\\| `([a-z0-9-]+)` \\| .* \\| (WordPiece|byte-level BPE|Unigram).*");
  std::vector<std::string> names;
  std::smatch match;
  for (std::string line; std::getline(file, line);) {
    if (std::regex_match(line, match, row)) names.push_back(match[1]);
  }
  return names;
}

TEST(Family, TheDocumentedOnesAreThoseThatThereAre) {
  HfConfig config;
  config.model_type = "gpt2";
  const auto unknown = find_architecture(config, "config.json");
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.status().code(), StatusCode::kUnsupported);
  EXPECT_EQ(
      unknown.status().message(),
      fmt::format(
          "[config.json] model_type, got 'gpt2', expected {}", fmt::join(documented(), ", ")
      )
  );
}

TEST(Family, EachHasAConfigAndAPrefix) {
  for (const std::string& name : documented()) {
    const auto config =
        parse_hf_config(fmt::format(R"({{"model_type": "{}"}})", name), "config.json");
    ASSERT_TRUE(config) << config.status().message();
    const auto architecture = find_architecture(*config, "config.json");
    ASSERT_TRUE(architecture) << name;
    EXPECT_NE(architecture->family->final_norm.empty(), config->pre_norm) << name;
    EXPECT_FALSE(base_model_prefix(name).empty()) << name;
  }
}

TEST(Family, RefusesWhatItDoesNotCompute) {
  for (const char* member :
       {R"("is_decoder": true)", R"("position_embedding_type": "relative_key")",
        R"("hidden_act": "swish")"}) {
    const auto config =
        parse_hf_config(fmt::format(R"({{"model_type": "bert", {}}})", member), "config.json");
    ASSERT_TRUE(config) << config.status().message();
    EXPECT_EQ(find_architecture(*config, "config.json").status().code(), StatusCode::kUnsupported)
        << member;
  }
}

}  // namespace
}  // namespace martlet

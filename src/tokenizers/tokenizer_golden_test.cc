// tests/golden/tokenizer/cases.json: what Hugging Face `tokenizers` answered, token by token
// (tools/make_golden_tokenizers.py).
#include <gtest/gtest.h>

#include <boost/json/serialize.hpp>
#include <map>
#include <string>
#include <vector>

#include "core/mapped_file.h"
#include "formats/json.h"
#include "tokenizers/test_tokenizers.h"

namespace martlet {
namespace {

namespace bj = boost::json;

/// The members of `values` as 32-bit integers.
std::vector<int32_t> integers(const bj::value& values) {
  std::vector<int32_t> result;
  for (const bj::value& value : values.as_array()) result.push_back(int32_t(value.as_int64()));
  return result;
}

EncodeOptions options_of(const bj::object& test_case) {
  EncodeOptions options{.offsets = true};
  options.add_special_tokens = test_case.at("add_special_tokens").as_bool();
  if (!test_case.contains("max_length")) return options;
  static const std::map<std::string, Truncation, std::less<>> truncations{
      {"longest_first", Truncation::kLongestFirst},
      {"only_first", Truncation::kOnlyFirst},
      {"only_second", Truncation::kOnlySecond},
  };
  options.max_length = int32_t(test_case.at("max_length").as_int64());
  options.stride = int32_t(test_case.at("stride").as_int64());
  options.truncation = truncations.at(std::string(test_case.at("truncation").as_string()));
  options.overflow = true;
  return options;
}

Encodings encode(const Tokenizer& tokenizer, const bj::array& texts, const EncodeOptions& options) {
  Encodings out;
  const std::string_view first = texts.at(0).as_string();
  Status status;
  if (texts.size() == 1) {
    status = tokenizer.encode(std::span(&first, 1), options, out);
  } else {
    const TextPair pair{first, texts.at(1).as_string()};
    status = tokenizer.encode(std::span(&pair, 1), options, out);
  }
  EXPECT_TRUE(status.ok()) << status.message();
  return out;
}

template <class T>
std::vector<T> sequence(const std::vector<T>& values, const Encodings& encodings, std::size_t i) {
  return {values.begin() + encodings.starts[i], values.begin() + encodings.starts[i + 1]};
}

void check_sequences(const bj::array& expected, const Encodings& got) {
  ASSERT_EQ(got.sequences(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const bj::object& one = expected[i].as_object();
    EXPECT_EQ(sequence(got.ids, got, i), integers(one.at("ids")));
    EXPECT_EQ(sequence(got.type_ids, got, i), integers(one.at("type_ids")));
    const std::vector<Offset> offsets = sequence(got.char_offsets, got, i);
    const bj::array& pairs = one.at("char_offsets").as_array();
    ASSERT_EQ(offsets.size(), pairs.size());
    for (std::size_t k = 0; k < pairs.size(); ++k) {
      EXPECT_EQ((std::vector{offsets[k].begin, offsets[k].end}), integers(pairs[k]));
    }
  }
}

TEST(TokenizerGolden, AnswersAsHuggingFace) {
  auto file = MappedFile::open(golden_tokenizer_path("cases.json"));
  ASSERT_TRUE(file) << file.status().message();
  const auto cases = parse_json(file->text(), "cases.json");
  ASSERT_TRUE(cases) << cases.status().message();
  std::map<std::string, Tokenizer> tokenizers;
  for (const bj::value& value : cases->as_array()) {
    const bj::object& test_case = value.as_object();
    const std::string name(test_case.at("tokenizer").as_string());
    SCOPED_TRACE(name + " " + std::string(bj::serialize(test_case.at("texts"))));
    if (!tokenizers.contains(name)) tokenizers.emplace(name, load_golden_tokenizer(name));
    const Tokenizer& tokenizer = tokenizers.at(name);
    EncodeOptions options = options_of(test_case);

    const Encodings got = encode(tokenizer, test_case.at("texts").as_array(), options);
    check_sequences(test_case.at("sequences").as_array(), got);
    const auto first = std::span(got.ids).first(std::size_t(got.starts.at(1)));
    EXPECT_EQ(tokenizer.decode(first), test_case.at("decoded").as_string());
    EXPECT_EQ(tokenizer.decode(first, false), test_case.at("decoded_with_special").as_string());

    options.offsets = false;  // the fast path, where there is one
    EXPECT_EQ(encode(tokenizer, test_case.at("texts").as_array(), options).ids, got.ids);
  }
}

}  // namespace
}  // namespace martlet

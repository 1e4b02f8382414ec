// For tokenizer_parity.py: runs martlet's tokenizer over texts from standard input.
//
// Input: texts, each as a uint32 length and its bytes. Output: arrays, each as a uint64 number of
// bytes and the bytes, little-endian.
//   encode:    ids, type_ids, starts, text_of, truncated, char_offsets, byte_offsets, and all
//              sequences decoded, first without special tokens, then with them; 0xFF ends each
//   normalize: one array per text
#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstring>
#include <iterator>
#include <span>
#include <string>
#include <vector>

#include "martlet/tokenizer.h"
#include "tokenizers/normalizer.h"

namespace {

using martlet::EncodeOptions;
using martlet::Encodings;
using martlet::Tokenizer;
using martlet::Truncation;

struct ProbeOptions {
  std::string tokenizer;
  EncodeOptions encode;
  bool pairs = false;
  martlet::BertNormalizerConfig normalizer;
};

std::string read_all(std::FILE* file) {
  std::string data;
  char buffer[1 << 16];
  for (std::size_t size = 0; (size = std::fread(buffer, 1, sizeof buffer, file)) > 0;) {
    data.append(buffer, size);
  }
  return data;
}

std::vector<std::string_view> split_texts(std::string_view data) {
  std::vector<std::string_view> texts;
  while (data.size() >= sizeof(uint32_t)) {
    uint32_t size = 0;
    std::memcpy(&size, data.data(), sizeof size);
    data.remove_prefix(sizeof size);
    texts.push_back(data.substr(0, size));
    data.remove_prefix(texts.back().size());
  }
  return texts;
}

template <class T>
void write_array(const std::vector<T>& values) {
  const uint64_t size = values.size() * sizeof(T);
  std::fwrite(&size, sizeof size, 1, stdout);
  std::fwrite(values.data(), sizeof(T), values.size(), stdout);
}

int fail(const martlet::Status& status) {
  std::fprintf(
      stderr, "%s %s\n", std::string(to_string(status.code())).c_str(), status.message().c_str()
  );
  return 1;
}

void write_decoded(const Tokenizer& tokenizer, const Encodings& encodings) {
  std::vector<char> out;
  for (const bool skip_special : {true, false}) {
    for (std::size_t i = 0; i < encodings.sequences(); ++i) {
      const auto begin = std::size_t(encodings.starts[i]);
      const auto end = std::size_t(encodings.starts[i + 1]);
      const std::string text =
          tokenizer.decode(std::span(encodings.ids).subspan(begin, end - begin), skip_special);
      out.insert(out.end(), text.begin(), text.end());
      out.push_back('\xFF');  // not in UTF-8
    }
  }
  write_array(out);
}

int encode(const ProbeOptions& options) {
  const auto tokenizer = Tokenizer::load(options.tokenizer);
  if (!tokenizer) return fail(tokenizer.status());
  const std::string data = read_all(stdin);
  const std::vector<std::string_view> texts = split_texts(data);
  std::vector<martlet::TextPair> pairs;
  for (std::size_t i = 0; options.pairs && i + 1 < texts.size(); i += 2) {
    pairs.push_back({texts[i], texts[i + 1]});
  }
  Encodings out;
  const martlet::Status status = options.pairs ? tokenizer->encode(pairs, options.encode, out)
                                               : tokenizer->encode(texts, options.encode, out);
  if (!status.ok()) return fail(status);
  write_array(out.ids);
  write_array(out.type_ids);
  write_array(out.starts);
  write_array(out.text_of);
  write_array(out.truncated);
  write_array(out.char_offsets);
  write_array(out.byte_offsets);
  write_decoded(*tokenizer, out);
  return 0;
}

int normalize(const ProbeOptions& options) {
  const martlet::BertNormalizer normalizer(options.normalizer);
  const std::string data = read_all(stdin);
  for (const std::string_view text : split_texts(data)) {
    const std::string normalized = normalizer.normalize(text);
    write_array(std::vector<char>(normalized.begin(), normalized.end()));
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("martlet's tokenizer over texts from standard input");
  app.require_subcommand(1);
  ProbeOptions options;
  CLI::App* encoding = app.add_subcommand("encode");
  encoding->add_option("tokenizer", options.tokenizer)->required();
  encoding->add_flag("--pairs", options.pairs);
  encoding->add_flag("--special,!--no-special", options.encode.add_special_tokens);
  encoding->add_option("--max-length", options.encode.max_length);
  encoding->add_option("--stride", options.encode.stride);
  encoding->add_flag("--overflow", options.encode.overflow);
  encoding->add_flag("--offsets", options.encode.offsets);
  encoding->add_option("--truncation", options.encode.truncation)
      ->transform(CLI::CheckedTransformer(std::map<std::string, Truncation>{
          {"longest_first", Truncation::kLongestFirst},
          {"only_first", Truncation::kOnlyFirst},
          {"only_second", Truncation::kOnlySecond},
      }));
  CLI::App* normalizing = app.add_subcommand("normalize");
  normalizing->add_flag("--clean,!--no-clean", options.normalizer.clean_text);
  normalizing->add_flag("--chinese,!--no-chinese", options.normalizer.handle_chinese_chars);
  normalizing->add_flag("--accents,!--no-accents", options.normalizer.strip_accents);
  normalizing->add_flag("--lower,!--no-lower", options.normalizer.lowercase);
  CLI11_PARSE(app, argc, argv);
  return encoding->parsed() ? encode(options) : normalize(options);
}

// martlet tokenize: one line per text, its tokens or their ids.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "command_line.h"
#include "core/error.h"
#include "input.h"
#include "martlet/tokenizer.h"
#include "rows/output_stream.h"
#include "verbs.h"

namespace martlet::cli {
namespace {

struct TokenizeOptions {
  std::string model;
  InputOptions input;
  EncodeOptions encode;
  bool ids = false;
  bool decode = false;
};

Result<bool> parse(Arguments arguments, CommandLine& line, TokenizeOptions& options) {
  CLI::App& app = line.app();
  bool no_special_tokens = false;
  line.takes_texts();
  app.add_option("MODEL", options.model, "Model directory, or a tokenizer.json")->required();
  add_input_options(line, options.input);
  CLI::Option* ids = app.add_flag("--ids", options.ids, "Ids instead of tokens");
  CLI::Option* offsets = app.add_flag(
      "--offsets", options.encode.offsets, "begin:end of each token in the text, in characters"
  );
  CLI::Option* decode =
      app.add_flag("--decode", options.decode, "The other way round: lines of ids to text");
  ids->excludes(offsets)->excludes(decode);
  offsets->excludes(decode);
  app.add_option(
         "--max-length", options.encode.max_length, "Cut longer texts to so many tokens; 0: never"
  )
      ->check(CLI::NonNegativeNumber)
      ->option_text("N");
  app.add_flag(
      "--no-special-tokens", no_special_tokens,
      "Leave out what the tokenizer adds, like [CLS] and [SEP]"
  );
  const Result<bool> wanted = line.parse(arguments);
  options.encode.add_special_tokens = !no_special_tokens;
  return wanted;
}

/// A chunk of rows through the tokenizer, to lines of output.
class Lines {
 public:
  Lines(const Tokenizer& tokenizer, const TokenizeOptions& options)
      : tokenizer_(tokenizer), options_(options) {}

  Status append(const TextRows& rows, std::string& out) {
    if (options_.decode) return append_decoded(rows, out);
    MARTLET_RETURN_IF_ERROR(encode(rows));
    for (std::size_t i = 0; i < encodings_.sequences(); ++i) append_sequence(i, out);
    return {};
  }

 private:
  Status encode(const TextRows& rows) {
    if (options_.input.columns.pair.empty()) {
      texts_.clear();
      for (std::size_t i = 0; i < rows.size(); ++i) texts_.push_back(rows[i].text);
      return tokenizer_.encode(texts_, options_.encode, encodings_);
    }
    pairs_.clear();
    for (std::size_t i = 0; i < rows.size(); ++i) pairs_.push_back({rows[i].text, rows[i].second});
    return tokenizer_.encode(pairs_, options_.encode, encodings_);
  }

  void append_sequence(std::size_t sequence, std::string& out) const {
    const auto begin = static_cast<std::size_t>(encodings_.starts[sequence]);
    const auto end = static_cast<std::size_t>(encodings_.starts[sequence + 1]);
    for (std::size_t token = begin; token < end; ++token) {
      if (token > begin) out += ' ';
      append_token(token, out);
    }
    out += '\n';
  }

  void append_token(std::size_t token, std::string& out) const {
    if (options_.encode.offsets) {
      const Offset offset = encodings_.char_offsets[token];
      fmt::format_to(std::back_inserter(out), "{}:{}", offset.begin, offset.end);
    } else if (options_.ids) {
      const fmt::format_int digits(encodings_.ids[token]);
      out.append(digits.data(), digits.size());
    } else {
      out += tokenizer_.id_to_token(encodings_.ids[token]);
    }
  }

  Status append_decoded(const TextRows& rows, std::string& out) {
    for (std::size_t i = 0; i < rows.size(); ++i) {
      ++decoded_;
      MARTLET_RETURN_IF_ERROR(read_ids(rows[i].text));
      out += tokenizer_.decode(ids_);
      out += '\n';
    }
    return {};
  }

  Status read_ids(std::string_view text) {
    constexpr std::string_view kSpaces = " \t";
    ids_.clear();
    for (;;) {
      text.remove_prefix(std::min(text.find_first_not_of(kSpaces), text.size()));
      if (text.empty()) return {};
      const std::string_view word = text.substr(0, text.find_first_of(kSpaces));
      std::int32_t id = -1;
      const auto [end, failure] = std::from_chars(word.begin(), word.end(), id);
      if (failure != std::errc() || end != word.end() || id < 0 || id >= tokenizer_.vocab_size()) {
        return error(
            StatusCode::kInvalidInput, fmt::format("text {}", decoded_),
            "got '{}', expected token ids from 0 to {}", word, tokenizer_.vocab_size() - 1
        );
      }
      ids_.push_back(id);
      text.remove_prefix(word.size());
    }
  }

  const Tokenizer& tokenizer_;
  const TokenizeOptions& options_;
  Encodings encodings_;
  std::vector<std::string_view> texts_;
  std::vector<TextPair> pairs_;
  std::vector<std::int32_t> ids_;
  std::size_t decoded_ = 0;
};

Status write_all(TextReader& reader, Lines& lines, OutputStream& output) {
  TextRows rows;
  std::string text;
  for (;;) {
    MARTLET_RETURN_IF_ERROR(reader.read(rows));
    if (rows.empty()) return output.commit();
    text.clear();
    MARTLET_RETURN_IF_ERROR(lines.append(rows, text));
    MARTLET_RETURN_IF_ERROR(output.write(text));
    MARTLET_RETURN_IF_ERROR(output.flush());
  }
}

}  // namespace

Status tokenize(Arguments arguments) {
  CommandLine line({
      .verb = "tokenize",
      .arguments = "MODEL [TEXT...]",
      .summary = "Prints one line per text: its tokens, special ones included, or their ids. Texts "
                 "come from\n"
                 "the command line, from --input, or from stdin, one per line.",
      .examples =
          "  martlet tokenize build/models/minilm-sst2 \"a gripping, beautiful film\"\n"
          "  martlet tokenize build/models/minilm-sst2 --input reviews.csv --column review --ids\n"
          "  echo \"101 7592 102\" | martlet tokenize build/models/minilm-sst2 --decode\n",
  });
  TokenizeOptions options;
  const Result<bool> wanted = parse(arguments, line, options);
  if (!wanted || !*wanted) return wanted.status();
  auto reader = open_input(options.input, line.texts());
  if (!reader) return reader.error();
  auto tokenizer = Tokenizer::load(options.model);
  if (!tokenizer) return tokenizer.error();
  auto output = open_output("-");
  if (!output) return output.error();
  Lines lines(*tokenizer, options);
  return write_all(**reader, lines, **output);
}

}  // namespace martlet::cli

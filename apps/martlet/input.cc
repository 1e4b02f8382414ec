#include "input.h"

#include "core/error.h"
#include "interrupt.h"
#include "terminal.h"

namespace martlet::cli {
namespace {

/// The words of the command line, all at once.
class WordReader final : public TextReader {
 public:
  explicit WordReader(const std::vector<std::string>& texts) : texts_(texts) {}

  Status read(TextRows& rows) override {
    rows.clear();
    for (; done_ < texts_.size(); ++done_) rows.append({.text = texts_[done_]});
    return {};
  }

  [[nodiscard]] ReadProgress progress() const noexcept override { return {done_, texts_.size()}; }

 private:
  const std::vector<std::string>& texts_;
  std::size_t done_ = 0;
};

}  // namespace

void add_input_options(CommandLine& line, InputOptions& options) {
  CLI::App& app = line.app();
  app.add_option("--input,-i", options.path, "Read texts from FILE; - is stdin")
      ->option_text("FILE");
  app.add_option(
         "--input-format", options.format,
         "txt, jsonl, csv, tsv or parquet; else by FILE's extension"
  )
      ->option_text("NAME");
  app.add_option(
         "--column", options.columns.text,
         "Column of the text; else 'text', 'sentence' or the only one"
  )
      ->option_text("NAME");
  app.add_option(
         "--pair-column", options.columns.pair, "Column of a second text: the model sees pairs"
  )
      ->option_text("NAME");
}

Result<std::unique_ptr<TextReader>> open_input(
    const InputOptions& options, const std::vector<std::string>& texts
) {
  const bool file_options =
      !options.format.empty() || !options.columns.text.empty() || !options.columns.pair.empty();
  if (!texts.empty()) {
    if (!options.path.empty() || file_options) {
      return error(
          StatusCode::kInvalidArgument, "input",
          "got texts as arguments and options for a file, expected one of them"
      );
    }
    return std::make_unique<WordReader>(texts);
  }
  if (options.path.empty() && stdin_is_terminal()) {
    return error(
        StatusCode::kInvalidArgument, "input",
        "got no texts, expected some as arguments, --input FILE, or a pipe"
    );
  }
  TextReaderOptions reader{.columns = options.columns, .cancel = &interrupted()};
  if (!options.format.empty()) {
    const auto format = parse_input_format(options.format);
    if (!format) return format.error();
    reader.format = *format;
  }
  return open_text_reader(options.path.empty() ? "-" : options.path, reader);
}

}  // namespace martlet::cli

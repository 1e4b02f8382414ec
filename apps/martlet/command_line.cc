#include "command_line.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "console.h"
#include "core/error.h"

namespace martlet::cli {
namespace {

class HelpFormatter final : public CLI::Formatter {
 public:
  explicit HelpFormatter(std::string usage) : usage_(std::move(usage)) { column_width(28); }

  std::string make_usage(const CLI::App*, std::string) const override { return usage_; }
  /// The word for a flag's value and nothing else: descriptions say the rest.
  std::string make_option_opts(const CLI::Option* option) const override {
    return option->get_option_text().empty() ? "" : " " + option->get_option_text();
  }

 private:
  std::string usage_;
};

}  // namespace

CommandLine::CommandLine(VerbHelp help) : help_(std::move(help)), app_(help_.summary) {
  app_.formatter(std::make_shared<HelpFormatter>(
      fmt::format("\nusage: martlet {} [OPTION...] {}\n", help_.verb, help_.arguments)
  ));
  app_.footer("\nexamples:\n" + help_.examples);
  app_.allow_extras();  // take_extras looks at them
}

Result<bool> CommandLine::parse(Arguments arguments) {
  std::vector<std::string> words(
      arguments.rbegin(), arguments.rend()
  );  // CLI11 takes them from the back
  try {
    app_.parse(std::move(words));
  } catch (const CLI::CallForHelp&) {
    MARTLET_RETURN_IF_ERROR(print(app_.help()));
    return false;
  } catch (const CLI::ParseError& problem) {
    return failure(problem.what());
  }
  MARTLET_RETURN_IF_ERROR(take_extras());
  return true;
}

/// Undeclared words are texts, or mistakes; after "--" everything is a text.
Status CommandLine::take_extras() {
  bool flags_ended = false;
  for (std::string& word : app_.remaining()) {
    if (!flags_ended && word == "--") {
      flags_ended = true;
    } else if (!flags_ended && word.size() > 1 && word.starts_with('-')) {
      return failure(fmt::format(
          "got '{}', expected a flag of this verb (a text that begins with '-' goes after --)", word
      ));
    } else if (!takes_texts_) {
      return failure(
          fmt::format("got one argument too many, '{}', expected {}", word, help_.arguments)
      );
    } else {
      texts_.push_back(std::move(word));
    }
  }
  return {};
}

Status CommandLine::failure(std::string_view what) const {
  return error(
      StatusCode::kInvalidArgument, help_.verb, "{}; see martlet {} --help", what, help_.verb
  );
}

}  // namespace martlet::cli

// One verb's flags and arguments: CLI11, with help that has examples and failures that are a
// Status.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "martlet/status.h"
#include "verbs.h"

namespace martlet::cli {

struct VerbHelp {
  std::string verb;       // "run"
  std::string arguments;  // "MODEL [TEXT...]"
  std::string summary;    // one or a few lines
  std::string examples;   // one per line
};

class CommandLine {
 public:
  explicit CommandLine(VerbHelp help);

  /// To declare flags and positional arguments on, before parse.
  CLI::App& app() noexcept { return app_; }

  /// What positional arguments beyond the declared ones are: texts of the user. They are not
  /// declared to CLI11, which would split "[a, b]" at the comma.
  void takes_texts() noexcept { takes_texts_ = true; }

  /// False when the user asked for help, which has then been printed. kInvalidArgument for anything
  /// that was not declared or does not fit.
  Result<bool> parse(Arguments arguments);

  [[nodiscard]] const std::vector<std::string>& texts() const noexcept { return texts_; }

 private:
  [[nodiscard]] Status failure(std::string_view what) const;
  Status take_extras();

  VerbHelp help_;
  CLI::App app_;
  bool takes_texts_ = false;
  std::vector<std::string> texts_;
};

}  // namespace martlet::cli

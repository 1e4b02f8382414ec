// The texts a verb works on: words of the command line, a file, or stdin.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "command_line.h"
#include "martlet/status.h"
#include "rows/text_reader.h"

namespace martlet::cli {

struct InputOptions {
  std::string path;
  std::string format;
  TextColumns columns;
};

/// Declares --input, --input-format, --column and --pair-column.
void add_input_options(CommandLine& line, InputOptions& options);

/// The texts, or else the file, or else stdin unless that is a terminal. kInvalidArgument for two
/// of them at once or none. `texts` must outlive the reader.
Result<std::unique_ptr<TextReader>> open_input(
    const InputOptions& options, const std::vector<std::string>& texts
);

}  // namespace martlet::cli

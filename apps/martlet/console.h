// Short things that martlet says: to stdout what was asked for, to stderr single lines for a
// person.
#pragma once

#include <string_view>

#include "martlet/status.h"

namespace martlet::cli {

/// All of a short output to stdout. kIo when that is full or closed.
Status print(std::string_view text);

/// "martlet: [where] what", one line on stderr.
void print_error(const Status& status);

/// "martlet: text", one line on stderr: something worth knowing that is no failure.
void print_note(std::string_view text);

}  // namespace martlet::cli

// The verbs of the command line, one file each. A verb gets the words after its name, writes its
// results to stdout and reports everything that went wrong as a Status; main turns that into a line
// and an exit code.
#pragma once

#include <span>

#include "martlet/status.h"

namespace martlet::cli {

using Arguments = std::span<const char* const>;

Status run(Arguments arguments);
Status tokenize(Arguments arguments);
Status inspect(Arguments arguments);
Status merge(Arguments arguments);
Status bench(Arguments arguments);
Status serve(Arguments arguments);
Status calibrate(Arguments arguments);
Status export_model(Arguments arguments);
Status engines(Arguments arguments);

}  // namespace martlet::cli

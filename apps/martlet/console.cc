#include "console.h"

#include <fmt/format.h>

#include <cstdio>
#include <string>

#include "core/error.h"
#include "rows/output_stream.h"
#include "terminal.h"

namespace martlet::cli {
namespace {

void print_line(std::string_view text) {
  const std::string line = fmt::format("martlet: {}\n", printable(text));
  std::fwrite(line.data(), 1, line.size(), stderr);  // nobody to tell when stderr is gone
}

}  // namespace

Status print(std::string_view text) {
  auto output = open_output("-");
  if (!output) return output.error();
  MARTLET_RETURN_IF_ERROR((*output)->write(text));
  return (*output)->commit();
}

void print_error(const Status& status) { print_line(status.message()); }

void print_note(std::string_view text) { print_line(text); }

}  // namespace martlet::cli

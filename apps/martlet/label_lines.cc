#include "label_lines.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "terminal.h"

namespace martlet::cli {

std::size_t widest(std::span<const std::string> labels) {
  std::size_t most = 0;
  for (const std::string& label : labels) most = std::max(most, columns_of(printable(label)));
  return most;
}

Status write_labels(
    RunSession& session, std::span<const LabelScore> labels, std::size_t label_columns
) {
  std::string line;
  std::size_t columns = 0;
  for (const LabelScore& entry : labels) {
    const std::string label = printable(entry.label);
    const std::string padding(label_columns - std::min(columns_of(label), label_columns), ' ');
    const std::string cell = fmt::format("{}{}  {:6.4f}  ", label, padding, entry.score);
    columns += columns_of(cell);
    line += cell;
  }
  return session.write_line(std::move(line), columns);
}

}  // namespace martlet::cli

// For tests and fuzz targets of the text formats: a whole input through a parser, cut into chunks.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.h"
#include "rows/row_parser.h"

namespace martlet {

/// Parses `input` in chunks of `chunk_bytes` (0: all at once).
inline Status parse_chunked(
    RowParser& parser, std::string_view input, std::size_t chunk_bytes, TextRows& rows
) {
  if (chunk_bytes == 0) chunk_bytes = input.size() + 1;
  for (; !input.empty(); input.remove_prefix(std::min(chunk_bytes, input.size()))) {
    MARTLET_RETURN_IF_ERROR(parser.parse(input.substr(0, chunk_bytes), rows));
  }
  return parser.finish(rows);
}

/// The texts, or "ERROR " and the message as the only one.
inline std::vector<std::string> texts_of(
    RowParser& parser, std::string_view input, std::size_t chunk_bytes = 0
) {
  TextRows rows;
  const Status status = parse_chunked(parser, input, chunk_bytes, rows);
  if (!status.ok()) return {"ERROR " + status.message()};
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < rows.size(); ++i) texts.emplace_back(rows[i].text);
  return texts;
}

}  // namespace martlet

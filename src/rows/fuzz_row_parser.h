// What the fuzz targets of the text formats check: the same rows, or the same failure, however the
// input is cut.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string_view>

#include "rows/row_parser_testing.h"

namespace martlet {

/// The input's first byte says how long the chunks are.
inline void fuzz_row_parser(
    const std::uint8_t* data, std::size_t size,
    const std::function<std::unique_ptr<RowParser>()>& make
) {
  if (size == 0) return;
  const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto whole = texts_of(*make(), input);
  const auto chunked = texts_of(*make(), input, data[0] % 16U + 1);
  if (whole != chunked) std::abort();
}

}  // namespace martlet

// Which columns of a table are read when the user named some, or none.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "martlet/status.h"
#include "rows/text_reader.h"

namespace martlet {

/// A column as a table's header shows it.
struct ColumnInfo {
  std::string name{};
  bool holds_text = true;
};

/// Positions in the table; kNone for a field that was not asked for.
struct ColumnPositions {
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);
  std::size_t text = kNone;
  std::size_t pair = kNone;
  std::size_t label = kNone;
};

/// The column `name`. kNotFound when it is missing, kInvalidInput when two have that name; messages
/// list what is there.
Result<std::size_t> find_column(
    std::span<const ColumnInfo> columns, std::string_view name, std::string_view where
);

/// The text column: `wanted`, or without one "text", else "sentence", else the only one that holds
/// text.
Result<std::size_t> choose_text_column(
    std::span<const ColumnInfo> columns, std::string_view wanted, std::string_view where
);

/// All three fields of a row.
Result<ColumnPositions> choose_columns(
    std::span<const ColumnInfo> columns, const TextColumns& wanted, std::string_view where
);

}  // namespace martlet

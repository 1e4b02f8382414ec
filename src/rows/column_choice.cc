#include "rows/column_choice.h"

#include <algorithm>
#include <vector>

#include "core/error.h"

namespace martlet {
namespace {

/// "a, b, c", cut when there are many.
std::string list_names(std::span<const ColumnInfo> columns) {
  constexpr std::size_t kShown = 12;
  std::string names;
  for (std::size_t i = 0; i < std::min(columns.size(), kShown); ++i) {
    if (i > 0) names += ", ";
    names += columns[i].name;
  }
  if (columns.size() > kShown) names += ", ...";
  return names.empty() ? "none" : names;
}

Result<std::size_t> find_optional(
    std::span<const ColumnInfo> columns, std::string_view name, std::string_view where
) {
  if (name.empty()) return ColumnPositions::kNone;
  return find_column(columns, name, where);
}

}  // namespace

Result<std::size_t> find_column(
    std::span<const ColumnInfo> columns, std::string_view name, std::string_view where
) {
  const auto has_name = [name](const ColumnInfo& column) { return column.name == name; };
  const auto found = std::ranges::find_if(columns, has_name);
  if (found == columns.end()) {
    return error(
        StatusCode::kNotFound, where, "no column '{}', got columns {}", name, list_names(columns)
    );
  }
  if (std::ranges::count_if(columns, has_name) > 1) {
    return error(
        StatusCode::kInvalidInput, where, "got more than one column '{}', expected one", name
    );
  }
  return static_cast<std::size_t>(found - columns.begin());
}

Result<std::size_t> choose_text_column(
    std::span<const ColumnInfo> columns, std::string_view wanted, std::string_view where
) {
  if (!wanted.empty()) return find_column(columns, wanted, where);
  for (const std::string_view usual : {"text", "sentence"}) {
    const auto is_usual = [usual](const ColumnInfo& column) {
      return column.name == usual && column.holds_text;
    };
    if (std::ranges::any_of(columns, is_usual)) return find_column(columns, usual, where);
  }
  if (std::ranges::count_if(columns, &ColumnInfo::holds_text) == 1) {
    return static_cast<std::size_t>(
        std::ranges::find_if(columns, &ColumnInfo::holds_text) - columns.begin()
    );
  }
  return error(
      StatusCode::kNotFound, where,
      "which column is the text? got columns {}, expected 'text', 'sentence', a single one, or "
      "one by name",
      list_names(columns)
  );
}

Result<ColumnPositions> choose_columns(
    std::span<const ColumnInfo> columns, const TextColumns& wanted, std::string_view where
) {
  const auto pair = find_optional(columns, wanted.pair, where);
  if (!pair) return pair.error();
  const auto label = find_optional(columns, wanted.label, where);
  if (!label) return label.error();
  // A column that has another part already is no candidate for "the only one that holds text".
  std::vector<ColumnInfo> candidates(columns.begin(), columns.end());
  for (const std::size_t taken : {*pair, *label}) {
    if (taken != ColumnPositions::kNone) candidates[taken].holds_text = false;
  }
  const auto text = choose_text_column(candidates, wanted.text, where);
  if (!text) return text.error();
  return ColumnPositions{.text = *text, .pair = *pair, .label = *label};
}

}  // namespace martlet

// Values of Arrow columns as text.
#pragma once

#include <arrow/array.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace martlet::parquet_plugin {

/// Text, dictionaries of text, or bytes that are taken for text.
bool holds_text(const arrow::DataType& type);

/// What a label column may hold: text, integers, booleans.
bool holds_labels(const arrow::DataType& type);

/// The value at `row`, as text; `scratch` keeps it where the array has no text to point at. None
/// for a null.
std::optional<std::string_view> cell(
    const arrow::Array& array, std::int64_t row, std::string& scratch
);

}  // namespace martlet::parquet_plugin

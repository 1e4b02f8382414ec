#include "rows/parquet/cells.h"

#include <arrow/array/array_binary.h>
#include <arrow/array/array_dict.h>
#include <arrow/array/array_primitive.h>
#include <arrow/type_traits.h>
#include <fmt/format.h>

namespace martlet::parquet_plugin {
namespace {

template <class Array>
std::string_view view_at(const arrow::Array& array, std::int64_t row) {
  return static_cast<const Array&>(array).GetView(row);
}

template <class Array>
std::string_view number_at(const arrow::Array& array, std::int64_t row, std::string& scratch) {
  scratch = fmt::to_string(static_cast<const Array&>(array).Value(row));
  return scratch;
}

std::optional<std::string_view> entry_of(
    const arrow::DictionaryArray& array, std::int64_t row, std::string& scratch
) {
  const std::int64_t index = array.GetValueIndex(row);
  // A damaged file can have any index.
  if (index < 0 || index >= array.dictionary()->length()) return std::nullopt;
  return cell(*array.dictionary(), index, scratch);
}

}  // namespace

bool holds_text(const arrow::DataType& type) {
  if (type.id() == arrow::Type::DICTIONARY) {
    return holds_text(*static_cast<const arrow::DictionaryType&>(type).value_type());
  }
  return arrow::is_base_binary_like(type.id()) || arrow::is_binary_view_like(type.id());
}

bool holds_labels(const arrow::DataType& type) {
  return holds_text(type) || arrow::is_integer(type.id()) || type.id() == arrow::Type::BOOL;
}

std::optional<std::string_view> cell(
    const arrow::Array& array, std::int64_t row, std::string& scratch
) {
  if (array.IsNull(row)) return std::nullopt;
  switch (array.type_id()) {
    case arrow::Type::STRING:
    case arrow::Type::BINARY:
      return view_at<arrow::BinaryArray>(array, row);
    case arrow::Type::LARGE_STRING:
    case arrow::Type::LARGE_BINARY:
      return view_at<arrow::LargeBinaryArray>(array, row);
    case arrow::Type::STRING_VIEW:
    case arrow::Type::BINARY_VIEW:
      return view_at<arrow::BinaryViewArray>(array, row);
    case arrow::Type::DICTIONARY:
      return entry_of(static_cast<const arrow::DictionaryArray&>(array), row, scratch);
    case arrow::Type::BOOL:
      return number_at<arrow::BooleanArray>(array, row, scratch);
    case arrow::Type::INT8:
      return number_at<arrow::Int8Array>(array, row, scratch);
    case arrow::Type::INT16:
      return number_at<arrow::Int16Array>(array, row, scratch);
    case arrow::Type::INT32:
      return number_at<arrow::Int32Array>(array, row, scratch);
    case arrow::Type::INT64:
      return number_at<arrow::Int64Array>(array, row, scratch);
    case arrow::Type::UINT8:
      return number_at<arrow::UInt8Array>(array, row, scratch);
    case arrow::Type::UINT16:
      return number_at<arrow::UInt16Array>(array, row, scratch);
    case arrow::Type::UINT32:
      return number_at<arrow::UInt32Array>(array, row, scratch);
    case arrow::Type::UINT64:
      return number_at<arrow::UInt64Array>(array, row, scratch);
    default:
      return std::nullopt;  // holds_labels let nothing else through
  }
}

}  // namespace martlet::parquet_plugin

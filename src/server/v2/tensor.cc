#include "server/v2/tensor.h"

#include <array>
#include <bit>
#include <cstring>
#include <limits>

#include "core/error.h"
#include "core/half.h"
#include "formats/json.h"

namespace martlet {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr std::string_view kWhere = "input";

struct TypeFacts {
  V2Type type;
  std::string_view name;
  std::size_t size;
};

constexpr std::array<TypeFacts, 14> kTypes{{
    {V2Type::kBool, "BOOL", 1},
    {V2Type::kUint8, "UINT8", 1},
    {V2Type::kUint16, "UINT16", 2},
    {V2Type::kUint32, "UINT32", 4},
    {V2Type::kUint64, "UINT64", 8},
    {V2Type::kInt8, "INT8", 1},
    {V2Type::kInt16, "INT16", 2},
    {V2Type::kInt32, "INT32", 4},
    {V2Type::kInt64, "INT64", 8},
    {V2Type::kFp16, "FP16", 2},
    {V2Type::kBf16, "BF16", 2},
    {V2Type::kFp32, "FP32", 4},
    {V2Type::kFp64, "FP64", 8},
    {V2Type::kBytes, "BYTES", 0},
}};

const TypeFacts& facts(V2Type type) { return kTypes[static_cast<std::size_t>(type)]; }

template <class T>
T read(const char* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

/// False when the element does not fit.
bool append(V2Tensor& tensor, const char* at) {
  switch (tensor.type) {
    case V2Type::kBool:
      tensor.integers.push_back(*at != 0 ? 1 : 0);
      return true;
    case V2Type::kUint8:
      tensor.integers.push_back(read<uint8_t>(at));
      return true;
    case V2Type::kUint16:
      tensor.integers.push_back(read<uint16_t>(at));
      return true;
    case V2Type::kUint32:
      tensor.integers.push_back(read<uint32_t>(at));
      return true;
    case V2Type::kUint64: {
      const auto value = read<uint64_t>(at);
      if (value > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) return false;
      tensor.integers.push_back(static_cast<int64_t>(value));
      return true;
    }
    case V2Type::kInt8:
      tensor.integers.push_back(read<int8_t>(at));
      return true;
    case V2Type::kInt16:
      tensor.integers.push_back(read<int16_t>(at));
      return true;
    case V2Type::kInt32:
      tensor.integers.push_back(read<int32_t>(at));
      return true;
    case V2Type::kInt64:
      tensor.integers.push_back(read<int64_t>(at));
      return true;
    case V2Type::kFp16:
      tensor.numbers.push_back(half_to_float(read<uint16_t>(at)));
      return true;
    case V2Type::kBf16:
      tensor.numbers.push_back(bfloat16_to_float(read<uint16_t>(at)));
      return true;
    case V2Type::kFp32:
      tensor.numbers.push_back(read<float>(at));
      return true;
    case V2Type::kFp64:
      tensor.numbers.push_back(read<double>(at));
      return true;
    case V2Type::kBytes:
      return false;
  }
  return false;
}

Status decode_bytes(std::string_view raw, std::size_t count, V2Tensor& tensor) {
  const auto malformed = [&](std::size_t element, std::string_view what) {
    return error(
        StatusCode::kInvalidInput, kWhere, "{}: element {} of {} {}", in_quotes(tensor.name),
        element, count, what
    );
  };
  MARTLET_RETURN_IF_ERROR(check_bytes_elements(tensor.name, count));
  for (std::size_t i = 0; i < count; ++i) {
    if (raw.size() < sizeof(uint32_t)) return malformed(i, "is missing");
    const auto length = static_cast<std::size_t>(read<uint32_t>(raw.data()));
    raw.remove_prefix(sizeof(uint32_t));
    if (length > raw.size()) return malformed(i, "is longer than the data");
    tensor.texts.emplace_back(raw.substr(0, length));
    raw.remove_prefix(length);
  }
  if (raw.empty()) return {};
  return error(
      StatusCode::kInvalidInput, kWhere, "{}: got {} bytes after the last element, expected none",
      in_quotes(tensor.name), raw.size()
  );
}

}  // namespace

std::string_view to_string(V2Type type) noexcept { return facts(type).name; }

std::size_t element_size(V2Type type) noexcept { return facts(type).size; }

Result<V2Type> parse_v2_type(std::string_view name) {
  for (const TypeFacts& type : kTypes) {
    if (type.name == name) return type.type;
  }
  return error(
      StatusCode::kInvalidInput, kWhere, "datatype, got {}, expected one such as BYTES or FP32",
      in_quotes(name)
  );
}

Status check_bytes_elements(std::string_view name, std::size_t elements) {
  if (elements <= kMaxTexts) return {};
  return error(
      StatusCode::kInvalidInput, kWhere, "{}: BYTES elements, got {}, expected at most {}",
      in_quotes(name), elements, kMaxTexts
  );
}

Result<std::size_t> element_count(std::span<const int64_t> shape) {
  std::size_t count = 1;
  bool fits = true;
  for (const int64_t dimension : shape) {
    if (dimension < 0) {
      return error(
          StatusCode::kInvalidInput, kWhere, "dimension, got {}, expected 0 or more", dimension
      );
    }
    fits = fits && !__builtin_mul_overflow(count, static_cast<std::size_t>(dimension), &count);
  }
  if (fits && count <= static_cast<std::size_t>(std::numeric_limits<int32_t>::max())) return count;
  return error(StatusCode::kInvalidInput, kWhere, "shape, got more elements than fit in memory");
}

Status decode_raw(std::string_view raw, V2Tensor& tensor) {
  const auto count = element_count(tensor.shape);
  if (!count) return count.error();
  if (tensor.type == V2Type::kBytes) return decode_bytes(raw, *count, tensor);
  const std::size_t size = element_size(tensor.type);
  if (raw.size() != *count * size) {
    return error(
        StatusCode::kInvalidInput, kWhere, "{}: got {} bytes of data, expected {}",
        in_quotes(tensor.name), raw.size(), *count * size
    );
  }
  for (std::size_t i = 0; i < *count; ++i) {
    if (append(tensor, raw.data() + i * size)) continue;
    return error(
        StatusCode::kInvalidInput, kWhere, "{}: element {} is too large", in_quotes(tensor.name), i
    );
  }
  return {};
}

Status check_element_count(const V2Tensor& tensor) {
  const auto count = element_count(tensor.shape);
  if (!count) return count.error();
  if (*count == tensor.size()) return {};
  return error(
      StatusCode::kInvalidInput, kWhere, "{}: got {} elements, expected {} for its shape",
      in_quotes(tensor.name), tensor.size(), *count
  );
}

}  // namespace martlet

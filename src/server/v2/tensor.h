// Tensors of the Open Inference Protocol, whatever the transport: REST with JSON or binary data,
// gRPC with raw or typed contents.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "martlet/status.h"

namespace martlet {

enum class V2Type {
  kBool,
  kUint8,
  kUint16,
  kUint32,
  kUint64,
  kInt8,
  kInt16,
  kInt32,
  kInt64,
  kFp16,
  kBf16,
  kFp32,
  kFp64,
  kBytes,
};

/// "BOOL", "UINT8", ... "BYTES". Static storage.
std::string_view to_string(V2Type type) noexcept;
/// Names are case-sensitive. kInvalidInput for any other word.
Result<V2Type> parse_v2_type(std::string_view name);
/// Bytes of one element; 0 for BYTES, whose elements say their own length.
std::size_t element_size(V2Type type) noexcept;

/// An input: `texts` hold the elements of BYTES, `integers` those of BOOL and the integer types
/// (UINT64 beyond the largest INT64 is refused), `numbers` those of the floating-point types.
struct V2Tensor {
  std::string name;
  V2Type type = V2Type::kBytes;
  std::vector<int64_t> shape;
  std::vector<std::string> texts;
  std::vector<int64_t> integers;
  std::vector<double> numbers;

  /// Elements that it holds.
  [[nodiscard]] std::size_t size() const noexcept {
    return texts.size() + integers.size() + numbers.size();
  }
};

/// BYTES elements of one input at most: an empty one takes two bytes of a message, and much more
/// than that in memory.
inline constexpr std::size_t kMaxTexts = std::size_t{1} << 20;

/// kInvalidInput for more than kMaxTexts.
Status check_bytes_elements(std::string_view name, std::size_t elements);

/// Elements that a shape asks for. kInvalidInput for a negative dimension or more than fit.
Result<std::size_t> element_count(std::span<const int64_t> shape);

/// Fills the elements of `tensor`, whose type and shape are set, from little-endian bytes. BYTES
/// elements are a 4-byte length and so many bytes. kInvalidInput when `raw` is not exactly as long
/// as type and shape say.
Status decode_raw(std::string_view raw, V2Tensor& tensor);

/// kInvalidInput unless the elements are as many as the shape says. For contents that came typed.
Status check_element_count(const V2Tensor& tensor);

}  // namespace martlet

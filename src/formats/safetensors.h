// safetensors files: an 8-byte header length, a JSON header, and the tensors' bytes, memory-mapped.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/mapped_file.h"
#include "martlet/status.h"

namespace martlet {

enum class Dtype { kBool, kU8, kI8, kU16, kI16, kF16, kBf16, kU32, kI32, kF32, kU64, kI64, kF64 };

/// "F32", "BF16", ...: the format's own names. Static storage.
std::string_view to_string(Dtype dtype) noexcept;
std::size_t size_of(Dtype dtype) noexcept;

/// A tensor inside a mapped file; row-major, little-endian, not necessarily aligned. Valid while
/// the file lives.
struct Tensor {
  std::string name;
  Dtype dtype = Dtype::kF32;
  std::vector<std::int64_t> shape{};
  std::span<const std::byte> data{};

  [[nodiscard]] std::int64_t elements() const noexcept;
};

/// The tensors of one safetensors file, in file order.
class Safetensors {
 public:
  /// Checks all the format's rules before any tensor is handed out: header within the file and at
  /// most 100 MB, no duplicate names, shapes and offsets that agree without overflow, tensors
  /// contiguous, without gaps or overlaps, and covering the file.
  static Result<Safetensors> open(const std::filesystem::path& path);

  [[nodiscard]] std::span<const Tensor> tensors() const noexcept { return tensors_; }
  /// The "__metadata__" entries.
  [[nodiscard]] const std::map<std::string, std::string>& metadata() const noexcept {
    return metadata_;
  }

  /// See MappedFile.
  void release_pages() const noexcept { file_.release_pages(); }

 private:
  MappedFile file_;
  std::vector<Tensor> tensors_;
  std::map<std::string, std::string> metadata_;
};

/// The same rules over bytes in memory (fuzzing, tests). The tensors point into `bytes`.
Result<std::vector<Tensor>> parse_safetensors(
    std::span<const std::byte> bytes, std::string_view where,
    std::map<std::string, std::string>* metadata = nullptr
);

/// Converts F32, F16 or BF16 data to fp32. kUnsupported for other types. `out` has
/// tensor.elements() elements.
Status to_f32(const Tensor& tensor, std::span<float> out);

/// Writes `tensors` to `path` by way of a temporary file and a rename: whole or not at all.
Status write_safetensors(
    const std::filesystem::path& path, std::span<const Tensor> tensors,
    const std::map<std::string, std::string>& metadata
);

}  // namespace martlet

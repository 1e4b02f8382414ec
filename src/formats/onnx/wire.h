// Protocol Buffers on the wire: as much of the encoding as ONNX files use.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "formats/atomic_file.h"
#include "martlet/status.h"

namespace martlet::onnx {

/// A message that is being written, as pieces: small fields are copied together, large ones are
/// only referred to, so that weights go from their mapped file to the output without a copy.
class WireWriter {
 public:
  void integer(std::uint32_t field, std::int64_t value);
  void real(std::uint32_t field, float value);
  void text(std::uint32_t field, std::string_view value);
  /// Refers to `value`, which must outlive the writer.
  void bytes(std::uint32_t field, std::span<const std::byte> value);
  void message(std::uint32_t field, const WireWriter& nested);
  /// A repeated number in the packed form.
  void integers(std::uint32_t field, std::span<const std::int64_t> values);
  void reals(std::uint32_t field, std::span<const float> values);

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  Status write_to(AtomicFile& file) const;
  [[nodiscard]] std::string to_string() const;

 private:
  struct Piece {
    std::string copied{};
    std::span<const std::byte> referred{};  // after `copied`
  };

  void varint(std::uint64_t value);
  void tag(std::uint32_t field, std::uint32_t wire_type);
  void append(std::string_view bytes);

  std::vector<Piece> pieces_;
  std::size_t size_ = 0;
};

/// One field of a message that is being read.
struct WireField {
  std::uint32_t number = 0;
  std::uint32_t type = 0;   // 0: varint, 1: 64 bits, 2: bytes, 5: 32 bits
  std::uint64_t value = 0;  // of all but bytes
  std::string_view bytes{};

  [[nodiscard]] std::int64_t integer() const noexcept { return static_cast<std::int64_t>(value); }
  [[nodiscard]] float real() const noexcept;
};

/// Reads the fields of a message one by one. Never reads beyond it; a message that ends within a
/// field or has a malformed one stops the reader and fails it.
class WireReader {
 public:
  explicit WireReader(std::string_view message) : rest_(message) {}

  /// The next field; nothing at the end of the message or after a failure.
  std::optional<WireField> next();
  [[nodiscard]] bool failed() const noexcept { return failed_; }

 private:
  std::optional<WireField> fail();
  std::optional<std::uint64_t> varint();
  std::optional<std::uint64_t> fixed(std::size_t size);

  std::string_view rest_;
  bool failed_ = false;
};

/// Appends a repeated number, which may be packed or not. False where the packed form is malformed
/// or `out` would have more than `limit` elements.
bool read_integers(const WireField& field, std::size_t limit, std::vector<std::int64_t>& out);
bool read_reals(const WireField& field, std::size_t limit, std::vector<float>& out);

}  // namespace martlet::onnx

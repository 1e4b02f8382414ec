#include "formats/onnx/wire.h"

#include <bit>
#include <cstring>
#include <utility>

#include "core/error.h"

namespace martlet::onnx {
namespace {

constexpr std::uint32_t kVarint = 0;
constexpr std::uint32_t kFixed64 = 1;
constexpr std::uint32_t kBytes = 2;
constexpr std::uint32_t kFixed32 = 5;

/// Longer fields are referred to, shorter ones copied.
constexpr std::size_t kCopiedBytes = 256;

std::string_view chars(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

void WireWriter::append(std::string_view bytes) {
  if (pieces_.empty() || !pieces_.back().referred.empty()) pieces_.emplace_back();
  pieces_.back().copied.append(bytes);
  size_ += bytes.size();
}

void WireWriter::varint(std::uint64_t value) {
  char bytes[10];
  std::size_t count = 0;
  for (; value >= 128; value >>= 7) bytes[count++] = static_cast<char>((value & 127) | 128);
  bytes[count++] = static_cast<char>(value);
  append({bytes, count});
}

void WireWriter::tag(std::uint32_t field, std::uint32_t wire_type) {
  varint(std::uint64_t{field} << 3 | wire_type);
}

void WireWriter::integer(std::uint32_t field, std::int64_t value) {
  tag(field, kVarint);
  varint(static_cast<std::uint64_t>(value));
}

void WireWriter::real(std::uint32_t field, float value) {
  tag(field, kFixed32);
  const auto bits = std::bit_cast<std::uint32_t>(value);
  append({reinterpret_cast<const char*>(&bits), sizeof(bits)});
}

void WireWriter::text(std::uint32_t field, std::string_view value) {
  tag(field, kBytes);
  varint(value.size());
  append(value);
}

void WireWriter::bytes(std::uint32_t field, std::span<const std::byte> value) {
  if (value.size() <= kCopiedBytes) return text(field, chars(value));
  tag(field, kBytes);
  varint(value.size());
  pieces_.back().referred = value;
  size_ += value.size();
}

void WireWriter::message(std::uint32_t field, const WireWriter& nested) {
  tag(field, kBytes);
  varint(nested.size_);
  for (const Piece& piece : nested.pieces_) {
    append(piece.copied);
    pieces_.back().referred = piece.referred;
    size_ += piece.referred.size();
  }
}

void WireWriter::integers(std::uint32_t field, std::span<const std::int64_t> values) {
  if (values.empty()) return;
  WireWriter packed;
  for (const std::int64_t value : values) packed.varint(static_cast<std::uint64_t>(value));
  message(field, packed);
}

void WireWriter::reals(std::uint32_t field, std::span<const float> values) {
  if (!values.empty()) text(field, chars(std::as_bytes(values)));
}

Status WireWriter::write_to(AtomicFile& file) const {
  for (const Piece& piece : pieces_) {
    MARTLET_RETURN_IF_ERROR(file.write(piece.copied));
    MARTLET_RETURN_IF_ERROR(file.write(piece.referred));
  }
  return {};
}

std::string WireWriter::to_string() const {
  std::string all;
  all.reserve(size_);
  for (const Piece& piece : pieces_) all.append(piece.copied).append(chars(piece.referred));
  return all;
}

float WireField::real() const noexcept {
  return std::bit_cast<float>(static_cast<std::uint32_t>(value));
}

std::optional<WireField> WireReader::fail() {
  failed_ = true;
  rest_ = {};
  return std::nullopt;
}

std::optional<std::uint64_t> WireReader::varint() {
  std::uint64_t value = 0;
  for (std::uint32_t shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
    const auto byte = static_cast<std::uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    value |= std::uint64_t{byte & 127U} << shift;
    if (byte < 128) return value;
  }
  return std::nullopt;
}

std::optional<std::uint64_t> WireReader::fixed(std::size_t size) {
  if (rest_.size() < size) return std::nullopt;
  std::uint64_t value = 0;
  std::memcpy(&value, rest_.data(), size);
  rest_.remove_prefix(size);
  return value;
}

std::optional<WireField> WireReader::next() {
  if (rest_.empty()) return std::nullopt;
  const auto key = varint();
  constexpr std::uint64_t kLargestNumber = (1U << 29) - 1;
  if (!key || *key >> 3 == 0 || *key >> 3 > kLargestNumber) return fail();
  WireField field{
      .number = static_cast<std::uint32_t>(*key >> 3), .type = static_cast<std::uint32_t>(*key & 7)
  };
  std::optional<std::uint64_t> value;
  if (field.type == kVarint || field.type == kBytes) value = varint();
  if (field.type == kFixed64) value = fixed(8);
  if (field.type == kFixed32) value = fixed(4);
  if (!value) return fail();
  field.value = *value;
  if (field.type != kBytes) return field;
  if (*value > rest_.size()) return fail();
  field.bytes = rest_.substr(0, *value);
  rest_.remove_prefix(*value);
  return field;
}

bool read_integers(const WireField& field, std::size_t limit, std::vector<std::int64_t>& out) {
  if (field.type == kVarint) {
    out.push_back(field.integer());
    return out.size() <= limit;
  }
  if (field.type != kBytes) return false;
  // Packed numbers have no tags of their own, which is how the reader can skip none of them.
  std::uint64_t value = 0;
  std::uint32_t shift = 0;
  for (const char c : field.bytes) {
    const auto byte = static_cast<std::uint8_t>(c);
    if (shift > 63) return false;
    value |= std::uint64_t{byte & 127U} << shift;
    shift += 7;
    if (byte >= 128) continue;
    if (out.size() >= limit) return false;
    out.push_back(static_cast<std::int64_t>(value));
    value = 0;
    shift = 0;
  }
  return shift == 0;
}

bool read_reals(const WireField& field, std::size_t limit, std::vector<float>& out) {
  if (field.type == kFixed32) {
    out.push_back(field.real());
    return out.size() <= limit;
  }
  const std::size_t count = field.bytes.size() / sizeof(float);
  if (field.type != kBytes || field.bytes.size() % sizeof(float) != 0) return false;
  if (count > limit || out.size() > limit - count) return false;
  if (count == 0) return true;
  const std::size_t before = out.size();
  out.resize(before + count);
  std::memcpy(out.data() + before, field.bytes.data(), field.bytes.size());
  return true;
}

}  // namespace martlet::onnx

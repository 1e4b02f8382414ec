#include "formats/safetensors.h"

#include <algorithm>
#include <bit>
#include <boost/json/serialize.hpp>
#include <cstring>
#include <tuple>

#include "core/error.h"
#include "core/half.h"
#include "formats/json.h"

static_assert(
    std::endian::native == std::endian::little, "the format's bytes are used as they are"
);

namespace martlet {
namespace {

namespace bj = boost::json;

constexpr std::size_t kLengthBytes = 8;
constexpr std::size_t kMaxHeaderBytes = 100'000'000;  // the format's own limit
constexpr std::size_t kMaxTensors = 100'000;
constexpr std::size_t kMaxNameBytes = 1024;
constexpr std::size_t kMaxRank = 64;
constexpr std::string_view kMetadata = "__metadata__";

struct DtypeInfo {
  Dtype dtype;
  std::string_view name;
  std::size_t size;
};

constexpr DtypeInfo kDtypes[] = {
    {Dtype::kBool, "BOOL", 1}, {Dtype::kU8, "U8", 1},   {Dtype::kI8, "I8", 1},
    {Dtype::kU16, "U16", 2},   {Dtype::kI16, "I16", 2}, {Dtype::kF16, "F16", 2},
    {Dtype::kBf16, "BF16", 2}, {Dtype::kU32, "U32", 4}, {Dtype::kI32, "I32", 4},
    {Dtype::kF32, "F32", 4},   {Dtype::kU64, "U64", 8}, {Dtype::kI64, "I64", 8},
    {Dtype::kF64, "F64", 8},
};

const DtypeInfo& info_of(Dtype dtype) noexcept { return kDtypes[static_cast<std::size_t>(dtype)]; }

/// A tensor of the header and where its bytes are, counted from the header's end.
struct Entry {
  Tensor tensor;
  std::size_t begin = 0;
  std::size_t end = 0;
};

/// Reads the members of one tensor's header entry.
class EntryReader {
 public:
  EntryReader(std::string_view where, std::string_view name) : where_(where), name_(name) {}

  Result<Entry> read(const bj::value& value) const {
    if (!value.is_object()) return reject("the entry", describe(value), "an object");
    const bj::object& object = value.get_object();
    Entry entry;
    entry.tensor.name = name_;
    MARTLET_RETURN_IF_ERROR(read_dtype(object, entry.tensor.dtype));
    MARTLET_RETURN_IF_ERROR(read_shape(object, entry.tensor.shape));
    MARTLET_RETURN_IF_ERROR(read_offsets(object, entry));
    std::size_t bytes = 0;
    if (!count_bytes(entry.tensor, bytes)) {
      return reject("shape", "a product that overflows", "a tensor that fits in memory");
    }
    if (entry.end - entry.begin != bytes) {
      return reject(
          "data_offsets", fmt::format("{} bytes", entry.end - entry.begin),
          fmt::format("the {} of its shape and dtype", bytes)
      );
    }
    return entry;
  }

 private:
  Status reject(std::string_view what, std::string_view got, std::string_view expected) const {
    return error(
        StatusCode::kInvalidModel, where_, "tensor {}: {}: got {}, expected {}", in_quotes(name_),
        what, got, expected
    );
  }

  Status read_dtype(const bj::object& object, Dtype& out) const {
    const bj::value* value = object.if_contains("dtype");
    if (value == nullptr) return reject("dtype", "nothing", "a string");
    if (!value->is_string()) return reject("dtype", describe(*value), "a string");
    for (const DtypeInfo& info : kDtypes) {
      if (info.name != std::string_view(value->get_string())) continue;
      out = info.dtype;
      return {};
    }
    return reject(
        "dtype", in_quotes(value->get_string()), "F32, F16, BF16, F64, BOOL or I8 to U64"
    );
  }

  Status read_shape(const bj::object& object, std::vector<std::int64_t>& out) const {
    const bj::value* value = object.if_contains("shape");
    if (value == nullptr || !value->is_array() || value->get_array().size() > kMaxRank) {
      return reject(
          "shape", value == nullptr ? "nothing" : describe(*value),
          fmt::format("an array of at most {} sizes", kMaxRank)
      );
    }
    for (const bj::value& size : value->get_array()) {
      const std::int64_t* number = size.if_int64();
      if (number == nullptr || *number < 0) return reject("shape", describe(size), "a size");
      out.push_back(*number);
    }
    return {};
  }

  Status read_offsets(const bj::object& object, Entry& entry) const {
    const bj::value* value = object.if_contains("data_offsets");
    if (value == nullptr || !value->is_array() || value->get_array().size() != 2) {
      return reject(
          "data_offsets", value == nullptr ? "nothing" : describe(*value), "an array of two offsets"
      );
    }
    const std::int64_t* begin = value->get_array()[0].if_int64();
    const std::int64_t* end = value->get_array()[1].if_int64();
    if (begin == nullptr || end == nullptr || *begin < 0 || *end < *begin) {
      return reject("data_offsets", bj::serialize(*value), "0 <= begin <= end");
    }
    entry.begin = static_cast<std::size_t>(*begin);
    entry.end = static_cast<std::size_t>(*end);
    return {};
  }

  /// False when the size overflows.
  static bool count_bytes(const Tensor& tensor, std::size_t& bytes) {
    auto count = static_cast<std::int64_t>(size_of(tensor.dtype));
    for (const std::int64_t size : tensor.shape) {
      if (__builtin_mul_overflow(count, size, &count)) return false;
    }
    bytes = static_cast<std::size_t>(count);
    return true;
  }

  std::string_view where_;
  std::string_view name_;
};

Status read_metadata(
    const bj::value& value, std::string_view where, std::map<std::string, std::string>* out
) {
  if (!value.is_object()) {
    return error(
        StatusCode::kInvalidModel, where, "{}: got {}, expected an object", kMetadata,
        describe(value)
    );
  }
  for (const auto& member : value.get_object()) {
    if (!member.value().is_string()) {
      return error(
          StatusCode::kInvalidModel, where, "{}: {}: got {}, expected a string", kMetadata,
          in_quotes(member.key()), describe(member.value())
      );
    }
    if (out != nullptr) out->emplace(member.key(), member.value().get_string());
  }
  return {};
}

/// The text of the header, whose length the first 8 bytes say.
Result<std::string_view> header_text(std::span<const std::byte> bytes, std::string_view where) {
  if (bytes.size() < kLengthBytes) {
    return error(
        StatusCode::kInvalidModel, where,
        "got {} bytes, expected the 8 of a safetensors header length", bytes.size()
    );
  }
  std::uint64_t length = 0;
  std::memcpy(&length, bytes.data(), kLengthBytes);
  const std::size_t available = bytes.size() - kLengthBytes;
  if (length > std::min(available, kMaxHeaderBytes)) {
    return error(
        StatusCode::kInvalidModel, where, "header length: got {}, expected at most {} ({})", length,
        std::min(available, kMaxHeaderBytes),
        available < kMaxHeaderBytes ? "the rest of the file" : "the format's limit"
    );
  }
  const std::string_view text(
      reinterpret_cast<const char*>(bytes.data()) + kLengthBytes, static_cast<std::size_t>(length)
  );
  if (text.empty() || text.front() != '{') {
    return error(StatusCode::kInvalidModel, where, "header: got no '{{' as its first byte");
  }
  return text;
}

Result<std::vector<Entry>> read_entries(
    const bj::object& header, std::string_view where, std::map<std::string, std::string>* metadata
) {
  if (header.size() > kMaxTensors) {
    return error(
        StatusCode::kInvalidModel, where, "got {} tensors, expected at most {}", header.size(),
        kMaxTensors
    );
  }
  std::vector<Entry> entries;
  entries.reserve(header.size());
  for (const auto& member : header) {
    const std::string_view name = member.key();
    if (name == kMetadata) {
      MARTLET_RETURN_IF_ERROR(read_metadata(member.value(), where, metadata));
      continue;
    }
    if (name.size() > kMaxNameBytes) {
      return error(
          StatusCode::kInvalidModel, where,
          "tensor {}: got a name of {} bytes, expected at most {}", in_quotes(name), name.size(),
          kMaxNameBytes
      );
    }
    auto entry = EntryReader(where, name).read(member.value());
    if (!entry) return entry.status();
    entries.push_back(std::move(*entry));
  }
  return entries;
}

/// The tensors must tile the data without a gap or an overlap; `entries` are in file order.
Status check_tiling(const std::vector<Entry>& entries, std::size_t size, std::string_view where) {
  std::size_t position = 0;
  for (const Entry& entry : entries) {
    if (entry.begin != position) {
      return error(
          StatusCode::kInvalidModel, where, "tensor {}: got offset {}, expected {} ({})",
          in_quotes(entry.tensor.name), entry.begin, position,
          entry.begin < position ? "it overlaps another" : "there is a gap before it"
      );
    }
    position = entry.end;
  }
  if (position == size) return {};
  return error(
      StatusCode::kInvalidModel, where, "got {} bytes of tensor data, expected {} (the file is {})",
      size, position, size < position ? "cut off" : "too long"
  );
}

template <class Bits, class Convert>
void convert_each(std::span<const std::byte> data, std::span<float> out, Convert convert) {
  for (std::size_t i = 0; i < out.size(); ++i) {
    Bits bits;
    std::memcpy(&bits, data.data() + i * sizeof(Bits), sizeof(Bits));
    out[i] = convert(bits);
  }
}

}  // namespace

std::string_view to_string(Dtype dtype) noexcept { return info_of(dtype).name; }

std::size_t size_of(Dtype dtype) noexcept { return info_of(dtype).size; }

std::int64_t Tensor::elements() const noexcept {
  return static_cast<std::int64_t>(data.size() / size_of(dtype));
}

Result<std::vector<Tensor>> parse_safetensors(
    std::span<const std::byte> bytes, std::string_view where,
    std::map<std::string, std::string>* metadata
) {
  const auto text = header_text(bytes, where);
  if (!text) return text.status();
  const auto header =
      parse_json_object(*text, where, {.max_bytes = kMaxHeaderBytes, .unique_keys = true});
  if (!header) return header.status();
  auto entries = read_entries(*header, where, metadata);
  if (!entries) return entries.status();

  // Of those that begin together the empty ones come first.
  std::ranges::sort(*entries, {}, [](const Entry& entry) {
    return std::tuple(entry.begin, entry.end, std::string_view(entry.tensor.name));
  });
  const auto data = bytes.subspan(kLengthBytes + text->size());
  MARTLET_RETURN_IF_ERROR(check_tiling(*entries, data.size(), where));

  std::vector<Tensor> tensors;
  tensors.reserve(entries->size());
  for (Entry& entry : *entries) {
    entry.tensor.data = data.subspan(entry.begin, entry.end - entry.begin);
    tensors.push_back(std::move(entry.tensor));
  }
  return tensors;
}

Result<Safetensors> Safetensors::open(const std::filesystem::path& path) {
  auto file = MappedFile::open(path);
  if (!file) return file.status();
  Safetensors opened;
  opened.file_ = std::move(*file);  // the map stays where it is
  auto tensors = parse_safetensors(opened.file_.bytes(), path.string(), &opened.metadata_);
  if (!tensors) return tensors.status();
  opened.tensors_ = std::move(*tensors);
  return opened;
}

Status to_f32(const Tensor& tensor, std::span<float> out) {
  switch (tensor.dtype) {
    case Dtype::kF32:
      if (!out.empty()) std::memcpy(out.data(), tensor.data.data(), tensor.data.size());
      return {};
    case Dtype::kF16:
      convert_each<std::uint16_t>(tensor.data, out, half_to_float);
      return {};
    case Dtype::kBf16:
      convert_each<std::uint16_t>(tensor.data, out, bfloat16_to_float);
      return {};
    default:
      return error(
          StatusCode::kUnsupported, tensor.name, "got {} values, expected F32, F16 or BF16",
          to_string(tensor.dtype)
      );
  }
}

}  // namespace martlet

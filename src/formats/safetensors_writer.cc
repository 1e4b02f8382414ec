// The writing half of safetensors.h.
#include <boost/json/serialize.hpp>
#include <unordered_set>

#include "core/error.h"
#include "formats/atomic_file.h"
#include "formats/json.h"
#include "formats/safetensors.h"

namespace martlet {
namespace {

namespace bj = boost::json;

constexpr std::size_t kAlignment = 8;  // of the data, as other writers of the format do

/// Refuses what a reader would refuse.
Status check(const std::filesystem::path& path, std::span<const Tensor> tensors) {
  std::unordered_set<std::string_view> names;
  for (const Tensor& tensor : tensors) {
    auto bytes = static_cast<std::int64_t>(size_of(tensor.dtype));
    bool fits = true;
    for (const std::int64_t size : tensor.shape) {
      fits = fits && size >= 0 && !__builtin_mul_overflow(bytes, size, &bytes);
    }
    if (!fits || static_cast<std::size_t>(bytes) != tensor.data.size()) {
      return error(
          StatusCode::kInvalidArgument, path.string(),
          "tensor {}: got {} bytes, expected those of its shape", in_quotes(tensor.name),
          tensor.data.size()
      );
    }
    if (tensor.name == "__metadata__" || !names.insert(tensor.name).second) {
      return error(
          StatusCode::kInvalidArgument, path.string(), "got the tensor name {} twice or reserved",
          in_quotes(tensor.name)
      );
    }
  }
  return {};
}

std::string header_of(
    std::span<const Tensor> tensors, const std::map<std::string, std::string>& metadata
) {
  bj::object header;
  if (!metadata.empty()) {
    bj::object& entries = header["__metadata__"].emplace_object();
    for (const auto& [key, value] : metadata) entries[key] = value;
  }
  std::size_t position = 0;
  for (const Tensor& tensor : tensors) {
    bj::object& entry = header[tensor.name].emplace_object();
    entry["dtype"] = to_string(tensor.dtype);
    entry["shape"] = bj::array(tensor.shape.begin(), tensor.shape.end());
    entry["data_offsets"] = {position, position + tensor.data.size()};
    position += tensor.data.size();
  }
  std::string text = bj::serialize(header);
  text.resize((text.size() + kAlignment - 1) / kAlignment * kAlignment, ' ');
  return text;
}

}  // namespace

Status write_safetensors(
    const std::filesystem::path& path, std::span<const Tensor> tensors,
    const std::map<std::string, std::string>& metadata
) {
  MARTLET_RETURN_IF_ERROR(check(path, tensors));
  auto file = AtomicFile::open(path);
  if (!file) return file.status();
  const std::string header = header_of(tensors, metadata);
  const std::uint64_t length = header.size();
  MARTLET_RETURN_IF_ERROR(file->write(std::as_bytes(std::span(&length, 1))));
  MARTLET_RETURN_IF_ERROR(file->write(header));
  for (const Tensor& tensor : tensors) MARTLET_RETURN_IF_ERROR(file->write(tensor.data));
  return file->commit();
}

}  // namespace martlet

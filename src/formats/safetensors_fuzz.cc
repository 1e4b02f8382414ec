// Any bytes are a safetensors file that parses or a typed error. What parses tiles its data.
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>

#include "formats/safetensors.h"

namespace {

void check(std::span<const std::byte> bytes) {
  std::map<std::string, std::string> metadata;
  const auto tensors = martlet::parse_safetensors(bytes, "fuzz", &metadata);
  if (!tensors) {
    if (tensors.status().code() != martlet::StatusCode::kInvalidModel) std::abort();
    return;
  }
  const std::byte* end = tensors->empty() ? nullptr : tensors->front().data.data();
  for (const martlet::Tensor& tensor : *tensors) {
    if (tensor.data.data() != end) std::abort();
    end += tensor.data.size();
    std::vector<float> values(static_cast<std::size_t>(tensor.elements()));
    (void)martlet::to_f32(tensor, values).ok();
  }
  if (!tensors->empty() && end != bytes.data() + bytes.size()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  check(std::as_bytes(std::span(data, size)));
  if (size < sizeof(std::uint64_t)) return 0;
  // Again with a length that is true to some header, which mutations would rarely hit.
  std::string bytes(reinterpret_cast<const char*>(data), size);
  const std::size_t brace = bytes.rfind('}');
  if (brace == std::string::npos || brace < sizeof(std::uint64_t)) return 0;
  const std::uint64_t length = brace + 1 - sizeof(std::uint64_t);
  std::memcpy(bytes.data(), &length, sizeof(length));
  check(std::as_bytes(std::span(bytes)));
  return 0;
}

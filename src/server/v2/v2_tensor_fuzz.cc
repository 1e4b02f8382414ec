// Raw tensor contents of any type and shape: decoded or refused, and BYTES written back are the
// same bytes.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "server/v2/infer.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace martlet;
  if (size < 3) return 0;
  V2Tensor tensor;
  tensor.type = static_cast<V2Type>(data[0] % 14);
  tensor.shape = {static_cast<std::int8_t>(data[1]), static_cast<std::int8_t>(data[2])};
  const std::string_view raw(reinterpret_cast<const char*>(data) + 3, size - 3);
  if (!decode_raw(raw, tensor).ok()) return 0;
  if (!check_element_count(tensor).ok()) std::abort();
  if (tensor.type == V2Type::kBytes) {
    std::string again;
    append_raw({"", V2Type::kBytes, tensor.shape, {}, tensor.texts}, again);
    if (again != raw) std::abort();
  }
  return 0;
}

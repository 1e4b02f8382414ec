#include "engines/tensor_values.h"

#include <cstring>

#include "core/error.h"
#include "core/half.h"

namespace martlet {

Status to_floats(const NamedTensor& tensor, std::string_view where, std::vector<float>& out) {
  out.resize(tensor.data.size() / size_of(tensor.type));
  if (tensor.type == TensorType::kFloat32) {
    if (!out.empty()) std::memcpy(out.data(), tensor.data.data(), tensor.data.size());
    return {};
  }
  if (tensor.type != TensorType::kFloat16) {
    return error(
        StatusCode::kUnsupported, where, "tensor {}, got {}, expected float32 or float16",
        tensor.name, to_string(tensor.type)
    );
  }
  for (std::size_t i = 0; i < out.size(); ++i) {
    std::uint16_t half = 0;
    std::memcpy(&half, tensor.data.data() + i * sizeof(half), sizeof(half));
    out[i] = half_to_float(half);
  }
  return {};
}

}  // namespace martlet

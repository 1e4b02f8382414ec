#include "server/v2/graph_tensors.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <iterator>
#include <utility>

#include "core/error.h"
#include "core/half.h"
#include "formats/json.h"

namespace martlet {
namespace {

constexpr std::string_view kWhere = "infer";

struct TypePair {
  TensorType graph;
  V2Type protocol;
};

constexpr TypePair kTypes[] = {
    {TensorType::kFloat32, V2Type::kFp32},  {TensorType::kFloat16, V2Type::kFp16},
    {TensorType::kBfloat16, V2Type::kBf16}, {TensorType::kFloat64, V2Type::kFp64},
    {TensorType::kInt8, V2Type::kInt8},     {TensorType::kUint8, V2Type::kUint8},
    {TensorType::kInt16, V2Type::kInt16},   {TensorType::kUint16, V2Type::kUint16},
    {TensorType::kInt32, V2Type::kInt32},   {TensorType::kUint32, V2Type::kUint32},
    {TensorType::kInt64, V2Type::kInt64},   {TensorType::kUint64, V2Type::kUint64},
    {TensorType::kBool, V2Type::kBool},
};

V2Type protocol_type(TensorType type) {
  return std::ranges::find(kTypes, type, &TypePair::graph)->protocol;
}

template <class... Args>
Status invalid(fmt::format_string<Args...> format, Args&&... args) {
  return error(StatusCode::kInvalidInput, kWhere, format, std::forward<Args>(args)...);
}

template <class T, class Values>
void put(const Values& values, std::vector<std::byte>& out) {
  out.resize(values.size() * sizeof(T));
  for (std::size_t i = 0; i < values.size(); ++i) {
    const T value = static_cast<T>(values[i]);
    std::memcpy(out.data() + i * sizeof(T), &value, sizeof(T));
  }
}

/// Values that came as 16 bits: their floats have nothing below those.
template <class Narrow>
void put_halves(
    const std::vector<double>& values, std::vector<std::byte>& out, const Narrow& narrow
) {
  out.resize(values.size() * sizeof(std::uint16_t));
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::uint16_t half = narrow(static_cast<float>(values[i]));
    std::memcpy(out.data() + i * sizeof half, &half, sizeof half);
  }
}

/// Elements are little-endian, as the processors are that martlet runs on.
std::vector<std::byte> bytes_of(const V2Tensor& tensor) {
  std::vector<std::byte> out;
  switch (tensor.type) {
    case V2Type::kFp32:
      put<float>(tensor.numbers, out);
      break;
    case V2Type::kFp64:
      put<double>(tensor.numbers, out);
      break;
    case V2Type::kFp16:
      put_halves(tensor.numbers, out, [](float value) { return float_to_half(value); });
      break;
    case V2Type::kBf16:
      put_halves(tensor.numbers, out, [](float value) {
        return static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(value) >> 16);
      });
      break;
    case V2Type::kInt64:
    case V2Type::kUint64:
      put<std::int64_t>(tensor.integers, out);
      break;
    case V2Type::kInt32:
    case V2Type::kUint32:
      put<std::int32_t>(tensor.integers, out);
      break;
    case V2Type::kInt16:
    case V2Type::kUint16:
      put<std::int16_t>(tensor.integers, out);
      break;
    case V2Type::kInt8:
    case V2Type::kUint8:
    case V2Type::kBool:
      put<std::int8_t>(tensor.integers, out);
      break;
    case V2Type::kBytes:
      break;
  }
  return out;
}

std::string describe_shape(const std::vector<std::int64_t>& shape) {
  constexpr std::size_t kMostSaid = 16;
  if (shape.size() > kMostSaid) return fmt::format("{} dimensions", shape.size());
  return fmt::format("[{}]", fmt::join(shape, ", "));
}

Status check_tensor(const TensorInfo& info, const V2Tensor& tensor) {
  if (tensor.type != protocol_type(info.type)) {
    return invalid(
        "input {}: datatype, got {}, expected {}", in_quotes(info.name), to_string(tensor.type),
        to_string(protocol_type(info.type))
    );
  }
  const bool fits =
      std::ranges::equal(tensor.shape, info.shape, [](std::int64_t side, std::int64_t open) {
        return open < 0 || side == open;
      });
  if (!fits) {
    return invalid(
        "input {}: shape, got {}, expected {} (-1: any)", in_quotes(info.name),
        describe_shape(tensor.shape), describe_shape(info.shape)
    );
  }
  return check_element_count(tensor);
}

}  // namespace

std::vector<V2TensorMetadata> v2_tensors(const std::vector<TensorInfo>& infos) {
  std::vector<V2TensorMetadata> tensors;
  for (const TensorInfo& info : infos)
    tensors.push_back({info.name, protocol_type(info.type), info.shape});
  return tensors;
}

Result<std::vector<NamedTensor>> read_v2_tensors(
    const ModelSignature& signature, std::vector<V2Tensor>&& tensors
) {
  std::vector<NamedTensor> inputs;
  for (const TensorInfo& info : signature.inputs) {
    const auto tensor = std::ranges::find(tensors, info.name, &V2Tensor::name);
    if (tensor == tensors.end()) return invalid("the input {} is missing", in_quotes(info.name));
    MARTLET_RETURN_IF_ERROR(check_tensor(info, *tensor));
    inputs.push_back({info.name, info.type, tensor->shape, bytes_of(*tensor)});
    tensors.erase(tensor);
  }
  if (tensors.empty()) return inputs;
  const bool known = std::ranges::find(signature.inputs, tensors[0].name, &TensorInfo::name) !=
                     signature.inputs.end();
  if (known) return invalid("got the input {} twice", in_quotes(tensors[0].name));
  return invalid("there is no input {}", in_quotes(tensors[0].name));
}

V2Answer make_v2_answer(std::vector<NamedTensor>&& outputs) {
  V2Answer answer;
  for (NamedTensor& tensor : outputs) {
    V2Output& output = answer.outputs.emplace_back();
    output.name = std::move(tensor.name);
    output.type = protocol_type(tensor.type);
    output.shape = std::move(tensor.shape);
    if (tensor.type == TensorType::kFloat32) {
      output.numbers.resize(tensor.data.size() / sizeof(float));
      if (!tensor.data.empty())
        std::memcpy(output.numbers.data(), tensor.data.data(), tensor.data.size());
    } else {
      output.bytes = std::move(tensor.data);
    }
  }
  return answer;
}

}  // namespace martlet

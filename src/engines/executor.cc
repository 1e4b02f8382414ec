#include "martlet/executor.h"

#include <algorithm>
#include <iterator>

namespace martlet {
namespace {

struct TypeFacts {
  TensorType type;
  std::string_view name;
  std::size_t size;
};

constexpr TypeFacts kTypes[] = {
    {TensorType::kFloat32, "float32", 4},   {TensorType::kFloat16, "float16", 2},
    {TensorType::kBfloat16, "bfloat16", 2}, {TensorType::kFloat64, "float64", 8},
    {TensorType::kInt8, "int8", 1},         {TensorType::kUint8, "uint8", 1},
    {TensorType::kInt16, "int16", 2},       {TensorType::kUint16, "uint16", 2},
    {TensorType::kInt32, "int32", 4},       {TensorType::kUint32, "uint32", 4},
    {TensorType::kInt64, "int64", 8},       {TensorType::kUint64, "uint64", 8},
    {TensorType::kBool, "bool", 1},
};

const TypeFacts& facts(TensorType type) noexcept {
  return *std::ranges::find(kTypes, type, &TypeFacts::type);
}

}  // namespace

std::string_view to_string(TensorType type) noexcept { return facts(type).name; }

std::size_t size_of(TensorType type) noexcept { return facts(type).size; }

}  // namespace martlet

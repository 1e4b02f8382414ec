#include "formats/onnx/model.h"

#include <fmt/format.h>

#include <algorithm>

namespace martlet::onnx {
namespace {

struct TypeFacts {
  DataType type;
  std::string_view name;
  std::size_t size;
};

constexpr TypeFacts kTypes[] = {
    {DataType::kFloat, "float", 4},   {DataType::kUint8, "uint8", 1},
    {DataType::kInt8, "int8", 1},     {DataType::kUint16, "uint16", 2},
    {DataType::kInt16, "int16", 2},   {DataType::kInt32, "int32", 4},
    {DataType::kInt64, "int64", 8},   {DataType::kString, "string", 0},
    {DataType::kBool, "bool", 1},     {DataType::kFloat16, "float16", 2},
    {DataType::kDouble, "double", 8}, {DataType::kUint32, "uint32", 4},
    {DataType::kUint64, "uint64", 8}, {DataType::kBfloat16, "bfloat16", 2},
};

const TypeFacts* find(DataType type) noexcept {
  const auto* facts = std::ranges::find(kTypes, type, &TypeFacts::type);
  return facts == std::end(kTypes) ? nullptr : facts;
}

void collect(const Graph& graph, std::vector<const Tensor*>& tensors) {
  for (const Tensor& tensor : graph.initializers) tensors.push_back(&tensor);
  for (const Node& node : graph.nodes) {
    for (const Attribute& attribute : node.attributes) {
      for (const Tensor& tensor : attribute.tensors) tensors.push_back(&tensor);
      for (const Graph& subgraph : attribute.graphs) collect(subgraph, tensors);
    }
  }
}

}  // namespace

std::string to_string(DataType type) {
  const TypeFacts* facts = find(type);
  return facts != nullptr ? std::string(facts->name)
                          : fmt::format("type {}", static_cast<std::int32_t>(type));
}

std::size_t size_of(DataType type) noexcept {
  const TypeFacts* facts = find(type);
  return facts == nullptr ? 0 : facts->size;
}

Attribute Attribute::of(std::string name, std::int64_t value) {
  Attribute attribute;
  attribute.name = std::move(name);
  attribute.i = value;
  return attribute;
}

Attribute Attribute::of(std::string name, float value) {
  Attribute attribute;
  attribute.name = std::move(name);
  attribute.type = Type::kFloat;
  attribute.f = value;
  return attribute;
}

Attribute Attribute::of(std::string name, std::vector<std::int64_t> values) {
  Attribute attribute;
  attribute.name = std::move(name);
  attribute.type = Type::kInts;
  attribute.ints = std::move(values);
  return attribute;
}

const Attribute* Node::find(std::string_view attribute) const noexcept {
  const auto found = std::ranges::find(attributes, attribute, &Attribute::name);
  return found == attributes.end() ? nullptr : &*found;
}

const Tensor* Graph::initializer(std::string_view tensor) const noexcept {
  const auto found = std::ranges::find(initializers, tensor, &Tensor::name);
  return found == initializers.end() ? nullptr : &*found;
}

const std::string* Model::find_metadata(std::string_view key) const noexcept {
  for (const auto& [name, value] : metadata) {
    if (name == key) return &value;
  }
  return nullptr;
}

std::int64_t Model::opset() const noexcept {
  for (const OpsetImport& import : opsets) {
    if (import.domain.empty() || import.domain == "ai.onnx") return import.version;
  }
  return 0;
}

bool has_fixed_sizes(const Graph& graph) {
  const auto is_fixed = [](const Dimension& dimension) { return dimension.value >= 0; };
  return std::ranges::all_of(graph.inputs, [&](const Value& input) {
    // Without a shape, nothing is known of it.
    return (!input.shape.empty() && std::ranges::all_of(input.shape, is_fixed)) ||
           graph.initializer(input.name) != nullptr;
  });
}

std::vector<const Tensor*> all_tensors(const Model& model) {
  std::vector<const Tensor*> tensors;
  collect(model.graph, tensors);
  for (const Graph& function : model.functions) collect(function, tensors);
  return tensors;
}

}  // namespace martlet::onnx

#include "export/graph_builder.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "core/half.h"

namespace martlet {

using onnx::DataType;

std::string GraphBuilder::add(
    std::string_view op, std::vector<std::string> inputs, NodeOptions options
) {
  onnx::Node& node = built_.graph.nodes.emplace_back();
  node.op = op;
  if (options.contrib) node.domain = "com.microsoft";
  built_.contrib = built_.contrib || options.contrib;
  node.name = fmt::format("{}_{}", op, nodes_of_[node.op]++);
  node.inputs = std::move(inputs);
  node.attributes = std::move(options.attributes);
  node.outputs.push_back(node.name);
  for (std::size_t i = 1; i < options.outputs; ++i)
    node.outputs.push_back(fmt::format("{}.{}", node.name, i));
  return node.name;
}

std::string GraphBuilder::cast(const std::string& value, DataType type) {
  return add(
      "Cast", {value}, {.attributes = {onnx::Attribute::of("to", static_cast<std::int64_t>(type))}}
  );
}

std::string GraphBuilder::tensor(
    std::string name, DataType type, std::vector<std::int64_t> dims, std::span<const std::byte> data
) {
  if (!tensors_.insert(name).second) return name;
  built_.graph.initializers.push_back(
      {.name = name, .type = type, .dims = std::move(dims), .data = data}
  );
  return name;
}

std::span<const std::byte> GraphBuilder::keep(std::span<const std::byte> bytes) {
  return built_.storage.emplace_back(bytes.begin(), bytes.end());
}

std::string GraphBuilder::weight(
    std::string name, std::vector<std::int64_t> dims, std::span<const float> values
) {
  if (precision_ == ExportPrecision::kFp16)
    return own_weight(std::move(name), std::move(dims), values);
  return tensor(std::move(name), DataType::kFloat, std::move(dims), std::as_bytes(values));
}

std::string GraphBuilder::own_weight(
    std::string name, std::vector<std::int64_t> dims, std::span<const float> values
) {
  if (precision_ != ExportPrecision::kFp16)
    return own_floats(std::move(name), std::move(dims), values);
  if (has_tensor(name)) return name;
  std::vector<std::uint16_t> halves(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) halves[i] = float_to_half(values[i]);
  return tensor(
      std::move(name), DataType::kFloat16, std::move(dims), keep(std::as_bytes(std::span(halves)))
  );
}

std::string GraphBuilder::own_floats(
    std::string name, std::vector<std::int64_t> dims, std::span<const float> values
) {
  if (has_tensor(name)) return name;
  return tensor(std::move(name), DataType::kFloat, std::move(dims), keep(std::as_bytes(values)));
}

std::string GraphBuilder::own_int8(
    std::string name, std::vector<std::int64_t> dims, std::span<const std::int8_t> values
) {
  if (has_tensor(name)) return name;
  return tensor(std::move(name), DataType::kInt8, std::move(dims), keep(std::as_bytes(values)));
}

std::string GraphBuilder::ints(const std::vector<std::int64_t>& values) {
  return own_ints(fmt::format("ints_{}", fmt::join(values, "_")), values);
}

std::string GraphBuilder::own_ints(std::string name, const std::vector<std::int64_t>& values) {
  if (has_tensor(name)) return name;
  return tensor(
      std::move(name), DataType::kInt64, {static_cast<std::int64_t>(values.size())},
      keep(std::as_bytes(std::span(values)))
  );
}

std::string GraphBuilder::scalar(float value) {
  return own_weight(fmt::format("scalar_{}", value), {}, {&value, 1});
}

std::string GraphBuilder::fp32_scalar(float value) {
  return own_floats(fmt::format("fp32_{}", value), {}, {&value, 1});
}

std::string GraphBuilder::input(std::string name) {
  built_.graph.inputs.push_back(
      {.name = name, .type = DataType::kInt64, .shape = {{.name = "batch"}, {.name = "sequence"}}}
  );
  return name;
}

void GraphBuilder::rename(const std::string& value, const std::string& name) {
  for (onnx::Node& node : built_.graph.nodes) {
    std::ranges::replace(node.inputs, value, name);
    std::ranges::replace(node.outputs, value, name);
  }
}

void GraphBuilder::output(
    const std::string& value, std::string name, std::vector<onnx::Dimension> shape
) {
  fp32_output(
      type() == DataType::kFloat ? value : cast(value, DataType::kFloat), std::move(name),
      std::move(shape)
  );
}

void GraphBuilder::fp32_output(
    const std::string& value, std::string name, std::vector<onnx::Dimension> shape
) {
  rename(value, name);
  built_.graph.outputs.push_back(
      {.name = std::move(name), .type = DataType::kFloat, .shape = std::move(shape)}
  );
}

BuiltGraph GraphBuilder::finish(std::string name) {
  built_.graph.name = std::move(name);
  return std::move(built_);
}

}  // namespace martlet

#include "export/products.h"

#include <algorithm>
#include <cmath>

namespace martlet {

using onnx::DataType;

namespace {

/// Writes weight [outputs, inputs] as columns [inputs, width] from `column` on. By blocks of
/// columns, which are written a cache line at a time.
void transpose(const DenseTensors& layer, std::size_t column, float scale, PackedDense& packed) {
  constexpr std::size_t kBlock = 16;
  const std::span<const float> weight = layer.weight.values();
  const auto inputs = static_cast<std::size_t>(packed.inputs);
  const auto outputs = static_cast<std::size_t>(layer.outputs);
  const auto width = static_cast<std::size_t>(packed.outputs);
  for (std::size_t begin = 0; begin < outputs; begin += kBlock) {
    const std::size_t end = std::min(begin + kBlock, outputs);
    for (std::size_t i = 0; i < inputs; ++i) {
      float* row = packed.weight.data() + i * width + column;
      for (std::size_t o = begin; o < end; ++o) row[o] = weight[o * inputs + i] * scale;
    }
  }
}

}  // namespace

PackedDense pack(std::span<const DenseTensors* const> layers, float scale) {
  PackedDense packed{.weight = {}, .bias = {}, .inputs = layers.front()->inputs};
  for (const DenseTensors* layer : layers) packed.outputs += layer->outputs;
  packed.weight.resize(static_cast<std::size_t>(packed.inputs * packed.outputs));
  std::size_t column = 0;
  for (const DenseTensors* layer : layers) {
    transpose(*layer, column, scale, packed);
    column += static_cast<std::size_t>(layer->outputs);
    for (const float value : layer->bias.values()) packed.bias.push_back(value * scale);
  }
  return packed;
}

QuantizedWeight quantize(const PackedDense& dense) {
  constexpr float kLargest = 127;
  const auto width = static_cast<std::size_t>(dense.outputs);
  QuantizedWeight quantized{
      std::vector<std::int8_t>(dense.weight.size()), std::vector<float>(width, 0)
  };
  for (std::size_t i = 0; i < dense.weight.size(); ++i) {
    float& scale = quantized.scales[i % width];
    scale = std::max(scale, std::abs(dense.weight[i]) / kLargest);
  }
  for (float& scale : quantized.scales) {
    if (scale == 0) scale = 1;  // a column of zeros
  }
  for (std::size_t i = 0; i < dense.weight.size(); ++i) {
    const float value = std::nearbyint(dense.weight[i] / quantized.scales[i % width]);
    quantized.values[i] = static_cast<std::int8_t>(std::clamp(value, -kLargest, kLargest));
  }
  return quantized;
}

std::string Products::bias(const PackedDense& dense, const std::string& name) {
  return graph_.own_weight(name + ".bias", {dense.outputs}, dense.bias);
}

Products::Int8Weight Products::int8_weight(const PackedDense& dense, const std::string& name) {
  const QuantizedWeight weight = quantize(dense);
  const std::vector<std::int8_t> zeros(weight.scales.size(), 0);
  return {
      graph_.own_int8(name + ".weight", {dense.inputs, dense.outputs}, weight.values),
      graph_.own_floats(name + ".scale", {dense.outputs}, weight.scales),
      graph_.own_int8(name + ".zero_point", {dense.outputs}, zeros),
  };
}

std::string Products::quantized(const std::string& x) {
  const auto [found, is_new] = quantized_.try_emplace(x);
  if (is_new) found->second = graph_.add("DynamicQuantizeLinear", {x}, {.outputs = 3});
  return found->second;
}

std::string Products::int8_product(
    const std::string& x, const PackedDense& dense, const std::string& name
) {
  const Int8Weight weight = int8_weight(dense, name);
  if (contrib_) {
    return graph_.add(
        "DynamicQuantizeMatMul", {x, weight.values, weight.scales, weight.zero_point},
        {.contrib = true}
    );
  }
  const std::string q = quantized(x);
  const std::string sums =
      graph_.add("MatMulInteger", {q, weight.values, q + ".2", weight.zero_point});
  const std::string scale = graph_.add("Mul", {q + ".1", weight.scales});
  return graph_.add("Mul", {graph_.cast(sums, DataType::kFloat), scale});
}

std::string Products::product(
    const std::string& x, const PackedDense& dense, const std::string& name
) {
  if (graph_.precision() == ExportPrecision::kInt8) return int8_product(x, dense, name);
  const std::string weight =
      graph_.own_weight(name + ".weight", {dense.inputs, dense.outputs}, dense.weight);
  return graph_.add("MatMul", {x, weight});
}

std::string Products::linear(
    const std::string& x, const PackedDense& dense, const std::string& name
) {
  const std::string sums = product(x, dense, name);
  const bool biased = std::ranges::any_of(dense.bias, [](float value) { return value != 0; });
  return biased ? graph_.add("Add", {sums, bias(dense, name)}) : sums;
}

}  // namespace martlet

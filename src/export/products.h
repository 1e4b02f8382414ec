// Linear layers in a graph: one multiplication with a weight in fp32 or fp16, or what takes its
// place in int8.
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "export/encoder_tensors.h"
#include "export/graph_builder.h"

namespace martlet {

/// A weight as ONNX multiplies with it, [inputs, outputs].
struct PackedDense {
  std::vector<float> weight;
  std::vector<float> bias;
  std::int64_t inputs = 0;
  std::int64_t outputs = 0;
};

/// Layers of the same inputs, their outputs one after the other, all times `scale`.
PackedDense pack(std::span<const DenseTensors* const> layers, float scale = 1);

/// int8 weights, each output (column) with a scale of its own, symmetric: weight = scale * value.
struct QuantizedWeight {
  std::vector<std::int8_t> values;
  std::vector<float> scales;
};
QuantizedWeight quantize(const PackedDense& dense);

class Products {
 public:
  /// `contrib`: may use ONNX Runtime's operators.
  Products(GraphBuilder& graph, bool contrib) : graph_(graph), contrib_(contrib) {}

  /// x W, and x W + b; `name` is that of the weights.
  std::string product(const std::string& x, const PackedDense& dense, const std::string& name);
  std::string linear(const std::string& x, const PackedDense& dense, const std::string& name);
  std::string bias(const PackedDense& dense, const std::string& name);

  /// The quantized weight as initializers.
  struct Int8Weight {
    std::string values;
    std::string scales;
    std::string zero_point;
  };
  Int8Weight int8_weight(const PackedDense& dense, const std::string& name);
  /// x as uint8 by DynamicQuantizeLinear, once for each x: values, scale (".1"), zero point (".2").
  std::string quantized(const std::string& x);

 private:
  std::string int8_product(const std::string& x, const PackedDense& dense, const std::string& name);

  GraphBuilder& graph_;
  bool contrib_;
  std::map<std::string, std::string> quantized_;
};

}  // namespace martlet

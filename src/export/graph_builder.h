// An ONNX graph under construction: nodes that name their own outputs, weights in the precision of
// the export.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "formats/onnx/model.h"

namespace martlet {

enum class ExportPrecision { kFp32, kFp16, kInt8 };

/// A finished graph and what its tensors point into.
struct BuiltGraph {
  onnx::Graph graph;
  std::deque<std::vector<std::byte>> storage;
  bool contrib = false;  // has operators of com.microsoft
};

class GraphBuilder {
 public:
  GraphBuilder(ExportPrecision precision, std::int32_t opset)
      : precision_(precision), opset_(opset) {}

  [[nodiscard]] ExportPrecision precision() const noexcept { return precision_; }
  [[nodiscard]] std::int32_t opset() const noexcept { return opset_; }
  /// What activations are computed in.
  [[nodiscard]] onnx::DataType type() const noexcept {
    return precision_ == ExportPrecision::kFp16 ? onnx::DataType::kFloat16 : onnx::DataType::kFloat;
  }

  struct NodeOptions {
    std::vector<onnx::Attribute> attributes{};
    bool contrib = false;  // an operator of com.microsoft
    std::size_t outputs = 1;
  };
  /// Adds a node; the name of its first output. Others have ".1", ".2" appended.
  std::string add(std::string_view op, std::vector<std::string> inputs, NodeOptions options);
  std::string add(std::string_view op, std::vector<std::string> inputs) {
    return add(op, std::move(inputs), {});
  }
  std::string cast(const std::string& value, onnx::DataType type);

  /// The weights below are there once for each name: layers may share theirs.
  /// A weight of the export's type. Refers to `values` where that is fp32: they must outlive the
  /// graph.
  std::string weight(
      std::string name, std::vector<std::int64_t> dims, std::span<const float> values
  );
  /// The same of values that are made for the graph, of which it keeps a copy.
  std::string own_weight(
      std::string name, std::vector<std::int64_t> dims, std::span<const float> values
  );
  /// fp32 whatever the export's type.
  std::string own_floats(
      std::string name, std::vector<std::int64_t> dims, std::span<const float> values
  );
  std::string own_int8(
      std::string name, std::vector<std::int64_t> dims, std::span<const std::int8_t> values
  );
  std::string own_ints(std::string name, const std::vector<std::int64_t>& values);
  /// [n] of int64, and one number of the export's type or of fp32: equal ones are one initializer.
  std::string ints(const std::vector<std::int64_t>& values);
  std::string scalar(float value);
  std::string fp32_scalar(float value);

  /// int64 [batch, sequence].
  std::string input(std::string name);
  /// Makes `value`, which must be a node's output and is not to be used by this name again, an
  /// output of the graph in fp32.
  void output(const std::string& value, std::string name, std::vector<onnx::Dimension> shape);
  /// The same of a value that is fp32 whatever the export's type.
  void fp32_output(const std::string& value, std::string name, std::vector<onnx::Dimension> shape);

  BuiltGraph finish(std::string name);

 private:
  std::string tensor(
      std::string name, onnx::DataType type, std::vector<std::int64_t> dims,
      std::span<const std::byte> data
  );
  void rename(const std::string& value, const std::string& name);
  [[nodiscard]] bool has_tensor(const std::string& name) const { return tensors_.contains(name); }
  std::span<const std::byte> keep(std::span<const std::byte> bytes);

  ExportPrecision precision_;
  std::int32_t opset_;
  BuiltGraph built_;
  std::map<std::string, std::size_t, std::less<>> nodes_of_;  // how many of each operator
  std::set<std::string> tensors_;
};

}  // namespace martlet

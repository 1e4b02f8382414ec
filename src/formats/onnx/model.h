// An ONNX model in memory: what martlet writes, and what it understands of the files of others.
// Names are those of onnx.proto.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace martlet::onnx {

/// TensorProto.DataType; a file may have others, which keep their number.
enum class DataType : std::int32_t {
  kUndefined = 0,
  kFloat = 1,
  kUint8 = 2,
  kInt8 = 3,
  kUint16 = 4,
  kInt16 = 5,
  kInt32 = 6,
  kInt64 = 7,
  kString = 8,
  kBool = 9,
  kFloat16 = 10,
  kDouble = 11,
  kUint32 = 12,
  kUint64 = 13,
  kBfloat16 = 16,
};

/// "float", "int64", ...; "type 23" for one without a name here.
std::string to_string(DataType type);
/// Bytes of an element; 0 for strings and for types of less than a byte.
std::size_t size_of(DataType type) noexcept;

/// Where a tensor's bytes are when they are not in the model file.
struct ExternalData {
  std::string location;  // relative to the model's directory
  std::uint64_t offset = 0;
  std::optional<std::uint64_t> length;  // absent: to the end of the file
};

struct Tensor {
  std::string name{};
  DataType type = DataType::kFloat;
  std::vector<std::int64_t> dims{};
  /// raw_data, little-endian. Does not own. Empty where a file uses the typed fields instead.
  std::span<const std::byte> data{};
  std::optional<ExternalData> external{};
  /// Elements in the typed fields (float_data, int64_data, ...).
  std::vector<std::int64_t> int64_data{};
  std::vector<float> float_data{};
};

struct Graph;

/// AttributeProto; `type` says which member counts.
struct Attribute {
  enum class Type : std::int32_t {
    kFloat = 1,
    kInt = 2,
    kString = 3,
    kTensor = 4,
    kGraph = 5,
    kFloats = 6,
    kInts = 7,
    kStrings = 8,
    kTensors = 9,
    kGraphs = 10,
  };
  static Attribute of(std::string name, std::int64_t value);
  static Attribute of(std::string name, float value);
  static Attribute of(std::string name, std::vector<std::int64_t> values);

  std::string name{};
  Type type = Type::kInt;
  float f = 0;
  std::int64_t i = 0;
  std::string s{};
  std::vector<float> floats{};
  std::vector<std::int64_t> ints{};
  std::vector<std::string> strings{};
  std::vector<Tensor> tensors{};  // of kTensor: one
  std::vector<Graph> graphs;      // of kGraph: one
};

struct Node {
  std::string op{};
  std::string domain{};  // empty: ONNX's own operators
  std::string name{};
  std::vector<std::string> inputs{};  // an empty name: an optional input that is not given
  std::vector<std::string> outputs{};
  std::vector<Attribute> attributes{};

  [[nodiscard]] const Attribute* find(std::string_view attribute) const noexcept;
};

/// A size, or a name for one that each run chooses, or neither: unknown.
struct Dimension {
  std::int64_t value = -1;  // -1: not fixed
  std::string name{};
};

struct Value {
  std::string name{};
  DataType type = DataType::kFloat;
  std::vector<Dimension> shape{};
};

struct Graph {
  std::string name{};
  std::vector<Node> nodes{};
  std::vector<Value> inputs{};
  std::vector<Value> outputs{};
  std::vector<Tensor> initializers{};

  [[nodiscard]] const Tensor* initializer(std::string_view tensor) const noexcept;
};

struct OpsetImport {
  std::string domain{};
  std::int64_t version = 0;
};

struct Model {
  std::int64_t ir_version = 8;
  std::string producer{};
  std::string producer_version{};
  std::vector<OpsetImport> opsets{};
  std::vector<std::pair<std::string, std::string>> metadata{};
  Graph graph{};
  /// Functions that the model brings along: their nodes, as graphs.
  std::vector<Graph> functions{};

  /// The value of a metadata_props entry; nullptr when there is none.
  [[nodiscard]] const std::string* find_metadata(std::string_view key) const noexcept;
  /// Version of ONNX's own operators; 0 when the model does not say.
  [[nodiscard]] std::int64_t opset() const noexcept;
};

/// Every run has the same sizes: each input that is no initializer names all of its dimensions.
bool has_fixed_sizes(const Graph& graph);

/// Every tensor of the model: initializers and attributes, those of subgraphs and functions too.
std::vector<const Tensor*> all_tensors(const Model& model);

}  // namespace martlet::onnx

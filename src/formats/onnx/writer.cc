#include "formats/onnx/writer.h"

#include <fmt/ranges.h>

#include <system_error>
#include <utility>

#include "core/error.h"
#include "formats/atomic_file.h"
#include "formats/onnx/fields.h"
#include "formats/onnx/wire.h"

namespace martlet::onnx {
namespace {

/// Of weights in a file of their own: pages, so that the file can be mapped.
constexpr std::uint64_t kAlignment = 4096;
/// Smaller tensors stay in the model file: readers look at them before they have the weights.
constexpr std::size_t kSmallTensor = 1024;

void write_entry(
    WireWriter& out, std::uint32_t field, std::string_view key, std::string_view value
) {
  WireWriter entry;
  entry.text(fields::entry::kKey, key);
  entry.text(fields::entry::kValue, value);
  out.message(field, entry);
}

WireWriter to_wire(const Tensor& tensor) {
  WireWriter out;
  out.integers(fields::tensor::kDims, tensor.dims);
  out.integer(fields::tensor::kType, static_cast<std::int64_t>(tensor.type));
  out.text(fields::tensor::kName, tensor.name);
  out.reals(fields::tensor::kFloats, tensor.float_data);
  out.integers(fields::tensor::kInt64s, tensor.int64_data);
  if (!tensor.external) {
    if (!tensor.data.empty()) out.bytes(fields::tensor::kRaw, tensor.data);
    return out;
  }
  constexpr std::int64_t kExternalLocation = 1;
  const ExternalData& external = *tensor.external;
  write_entry(out, fields::tensor::kExternal, "location", external.location);
  write_entry(out, fields::tensor::kExternal, "offset", std::to_string(external.offset));
  if (external.length)
    write_entry(out, fields::tensor::kExternal, "length", std::to_string(*external.length));
  out.integer(fields::tensor::kLocation, kExternalLocation);
  return out;
}

WireWriter to_wire(const Graph& graph);

WireWriter to_wire(const Attribute& attribute) {
  WireWriter out;
  out.text(fields::attribute::kName, attribute.name);
  switch (attribute.type) {
    case Attribute::Type::kFloat:
      out.real(fields::attribute::kFloat, attribute.f);
      break;
    case Attribute::Type::kInt:
      out.integer(fields::attribute::kInt, attribute.i);
      break;
    case Attribute::Type::kString:
      out.text(fields::attribute::kString, attribute.s);
      break;
    default:
      break;
  }
  // Each of these is empty unless it is the one that `type` names.
  const bool one = attribute.type == Attribute::Type::kTensor;
  for (const Tensor& tensor : attribute.tensors)
    out.message(one ? fields::attribute::kTensor : fields::attribute::kTensors, to_wire(tensor));
  const bool only = attribute.type == Attribute::Type::kGraph;
  for (const Graph& graph : attribute.graphs)
    out.message(only ? fields::attribute::kGraph : fields::attribute::kGraphs, to_wire(graph));
  for (const float value : attribute.floats) out.real(fields::attribute::kFloats, value);
  for (const std::int64_t value : attribute.ints) out.integer(fields::attribute::kInts, value);
  for (const std::string& value : attribute.strings) out.text(fields::attribute::kStrings, value);
  out.integer(fields::attribute::kType, static_cast<std::int64_t>(attribute.type));
  return out;
}

WireWriter to_wire(const Node& node) {
  WireWriter out;
  for (const std::string& input : node.inputs) out.text(fields::node::kInput, input);
  for (const std::string& output : node.outputs) out.text(fields::node::kOutput, output);
  out.text(fields::node::kName, node.name);
  out.text(fields::node::kOp, node.op);
  for (const Attribute& attribute : node.attributes)
    out.message(fields::node::kAttribute, to_wire(attribute));
  if (!node.domain.empty()) out.text(fields::node::kDomain, node.domain);
  return out;
}

WireWriter to_wire(const Value& value) {
  WireWriter shape;
  for (const Dimension& dimension : value.shape) {
    WireWriter size;
    if (dimension.value >= 0) {
      size.integer(fields::dimension::kValue, dimension.value);
    } else if (!dimension.name.empty()) {
      size.text(fields::dimension::kName, dimension.name);
    }
    shape.message(fields::shape::kDimension, size);
  }
  WireWriter tensor;
  tensor.integer(fields::tensor_type::kElement, static_cast<std::int64_t>(value.type));
  tensor.message(fields::tensor_type::kShape, shape);
  WireWriter type;
  type.message(fields::type::kTensor, tensor);
  WireWriter out;
  out.text(fields::value::kName, value.name);
  out.message(fields::value::kType, type);
  return out;
}

WireWriter to_wire(const Graph& graph) {
  WireWriter out;
  for (const Node& node : graph.nodes) out.message(fields::graph::kNode, to_wire(node));
  out.text(fields::graph::kName, graph.name);
  for (const Tensor& tensor : graph.initializers)
    out.message(fields::graph::kInitializer, to_wire(tensor));
  for (const Value& input : graph.inputs) out.message(fields::graph::kInput, to_wire(input));
  for (const Value& output : graph.outputs) out.message(fields::graph::kOutput, to_wire(output));
  return out;
}

WireWriter to_wire(const Model& model) {
  WireWriter out;
  out.integer(fields::model::kIrVersion, model.ir_version);
  out.text(fields::model::kProducer, model.producer);
  out.text(fields::model::kProducerVersion, model.producer_version);
  for (const OpsetImport& import : model.opsets) {
    WireWriter opset;
    opset.text(fields::opset::kDomain, import.domain);
    opset.integer(fields::opset::kVersion, import.version);
    out.message(fields::model::kOpset, opset);
  }
  out.message(fields::model::kGraph, to_wire(model.graph));
  for (const auto& [key, value] : model.metadata)
    write_entry(out, fields::model::kMetadata, key, value);
  return out;
}

Status check(const Model& model) {
  for (const Tensor& tensor : model.graph.initializers) {
    auto bytes = static_cast<std::int64_t>(size_of(tensor.type));
    bool fits = bytes > 0;
    for (const std::int64_t size : tensor.dims)
      fits = fits && size >= 0 && !__builtin_mul_overflow(bytes, size, &bytes);
    if (fits && std::cmp_equal(bytes, tensor.data.size())) continue;
    return error(
        StatusCode::kInvalidArgument, "onnx", "tensor {}: got {} bytes, expected those of [{}]",
        tensor.name, tensor.data.size(), fmt::join(tensor.dims, ", ")
    );
  }
  return {};
}

std::uint64_t weight_bytes(const Model& model) {
  std::uint64_t bytes = 0;
  for (const Tensor& tensor : model.graph.initializers) bytes += tensor.data.size();
  return bytes;
}

std::uint64_t aligned(std::uint64_t position) {
  return (position + kAlignment - 1) / kAlignment * kAlignment;
}

/// Writes the large weights to `path` and returns the model that refers to them there.
Result<Model> write_weights(const Model& model, AtomicFile& file, const std::string& location) {
  Model outside = model;  // tensors only refer to their data
  std::uint64_t position = 0;
  for (Tensor& tensor : outside.graph.initializers) {
    if (tensor.data.size() < kSmallTensor) continue;
    const std::string padding(aligned(position) - position, '\0');
    MARTLET_RETURN_IF_ERROR(file.write(padding));
    position += padding.size();
    MARTLET_RETURN_IF_ERROR(file.write(tensor.data));
    tensor.external = ExternalData{location, position, tensor.data.size()};
    position += tensor.data.size();
  }
  return outside;
}

Result<WireWriter> in_one_file(const Model& model) {
  WireWriter wire = to_wire(model);
  constexpr std::uint64_t kLargestFile = (std::uint64_t{1} << 31) - 1;
  if (wire.size() <= kLargestFile) return wire;
  return error(
      StatusCode::kUnsupported, "onnx", "got a model of {} bytes, expected at most {} in one file",
      wire.size(), kLargestFile
  );
}

}  // namespace

Status write_model(
    const Model& model, const std::filesystem::path& path, const WriteOptions& options
) {
  MARTLET_RETURN_IF_ERROR(check(model));
  auto file = AtomicFile::open(path);
  if (!file) return file.error();
  if (weight_bytes(model) <= options.largest_model) {
    const auto wire = in_one_file(model);
    if (!wire) return wire.error();
    MARTLET_RETURN_IF_ERROR(wire->write_to(*file));
    return file->commit();
  }
  std::filesystem::path weights = path;
  weights += ".data";
  auto weights_file = AtomicFile::open(weights);
  if (!weights_file) return weights_file.error();
  const auto outside = write_weights(model, *weights_file, weights.filename().string());
  if (!outside) return outside.error();
  const auto wire = in_one_file(*outside);
  if (!wire) return wire.error();
  MARTLET_RETURN_IF_ERROR(wire->write_to(*file));
  MARTLET_RETURN_IF_ERROR(weights_file->commit());
  const Status committed = file->commit();
  if (!committed.ok()) {  // weights without a model are of no use
    std::error_code ignored;
    std::filesystem::remove(weights, ignored);
  }
  return committed;
}

Result<std::string> serialize_model(const Model& model) {
  MARTLET_RETURN_IF_ERROR(check(model));
  const auto wire = in_one_file(model);
  if (!wire) return wire.error();
  return wire->to_string();
}

}  // namespace martlet::onnx

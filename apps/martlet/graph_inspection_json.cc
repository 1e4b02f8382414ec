// `martlet inspect --json x.onnx`.
#include <boost/json.hpp>

#include "graph_inspection.h"

namespace martlet::cli {
namespace {

namespace json = boost::json;

json::array to_json(const std::vector<onnx::Value>& values) {
  json::array array;
  for (const onnx::Value& value : values) {
    json::array shape;
    for (const onnx::Dimension& size : value.shape) {
      if (size.value >= 0) {
        shape.emplace_back(size.value);
      } else {
        shape.emplace_back(size.name.empty() ? json::value() : json::value(size.name));
      }
    }
    array.push_back(
        {{"name", value.name}, {"type", to_string(value.type)}, {"shape", std::move(shape)}}
    );
  }
  return array;
}

json::array to_json(const std::vector<onnx::AttentionSite>& sites) {
  json::array array;
  for (const onnx::AttentionSite& site : sites) {
    json::object object{
        {"node", site.node}, {"op", site.op}, {"fused", site.fused}, {"fusable", site.fusable}
    };
    if (!site.reason.empty()) object["reason"] = site.reason;
    array.push_back(std::move(object));
  }
  return array;
}

json::array engines_json(const GraphFacts& facts) {
  json::array array;
  for (const auto& [name, status] : facts.engines) {
    json::object object{{"name", name}, {"can_run", status.ok()}};
    if (!status.ok()) object["reason"] = status.message();
    array.push_back(std::move(object));
  }
  return array;
}

}  // namespace

std::string as_json(const GraphFacts& facts) {
  const onnx::Model& model = *facts.onnx;
  json::object opsets;
  for (const onnx::OpsetImport& import : model.opsets)
    opsets[import.domain.empty() ? "ai.onnx" : import.domain] = import.version;
  json::object weights;
  for (const auto& [type, sum] : facts.weights)
    weights[type] = {{"tensors", sum.tensors}, {"bytes", sum.bytes}};
  json::object metadata;
  for (const auto& [key, value] : model.metadata) metadata[key] = value;
  json::object object{
      {"model", facts.model},
      {"file_bytes", facts.file_bytes},
      {"ir_version", model.ir_version},
      {"producer", model.producer},
      {"opsets", std::move(opsets)},
      {"inputs", to_json(model.graph.inputs)},
      {"outputs", to_json(model.graph.outputs)},
      {"operators", json::value_from(facts.operators)},
      {"weights", std::move(weights)},
      {"external_files", json::value_from(facts.external_files)},
      {"attention", to_json(facts.attention)},
      {"metadata", std::move(metadata)},
      {"engines", engines_json(facts)},
  };
  if (!facts.sha256.empty()) object["sha256"] = facts.sha256;
  return json::serialize(object) + "\n";
}

}  // namespace martlet::cli

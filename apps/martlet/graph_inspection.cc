#include "graph_inspection.h"

#include <algorithm>
#include <utility>

#include "engines/registry.h"
#include "formats/onnx/attention_sites.h"
#include "formats/onnx/reader.h"
#include "martlet/executor.h"
#include "sha256.h"

namespace martlet::cli {
namespace {

std::string operator_name(const onnx::Node& node) {
  const bool standard = node.domain.empty() || node.domain == "ai.onnx";
  return standard ? node.op : node.domain + "." + node.op;
}

std::uint64_t bytes_of(const onnx::Tensor& tensor) {
  std::uint64_t bytes = size_of(tensor.type);
  for (const std::int64_t size : tensor.dims) {
    if (size < 0 || __builtin_mul_overflow(bytes, static_cast<std::uint64_t>(size), &bytes))
      return 0;
  }
  return bytes;
}

void add_weights(const onnx::Model& model, GraphFacts& facts) {
  for (const onnx::Tensor& tensor : model.graph.initializers) {
    WeightSum& sum = facts.weights[to_string(tensor.type)];
    sum.tensors += 1;
    sum.bytes += bytes_of(tensor);
  }
  for (const onnx::Tensor* tensor : all_tensors(model)) {
    if (!tensor->external) continue;
    auto& files = facts.external_files;
    if (std::ranges::find(files, tensor->external->location) == files.end())
      files.push_back(tensor->external->location);
  }
}

/// Loading is the proof that an engine can run the graph.
void add_engines(const std::filesystem::path& model, GraphFacts& facts) {
  for (const std::string& name : engine_names()) {
    if (name == "native") continue;
    facts.engines.emplace_back(name, load_executor(model, {.engine = name}).status());
  }
}

}  // namespace

Result<std::string> inspect_graph(const InspectFlags& flags) {
  const auto file = onnx::open_model(flags.model);
  if (!file) return file.error();
  GraphFacts facts{.model = flags.model.string(), .sha256 = {}, .onnx = &file->model};
  facts.file_bytes = file->file.bytes().size();
  if (flags.checksums) {
    auto sum = sha256_of(flags.model);
    if (!sum) return sum.error();
    facts.sha256 = *std::move(sum);
  }
  for (const onnx::Node& node : file->model.graph.nodes) ++facts.operators[operator_name(node)];
  add_weights(file->model, facts);
  facts.attention = find_attention(file->model);
  add_engines(flags.model, facts);
  return flags.json ? as_json(facts) : as_text(facts);
}

}  // namespace martlet::cli

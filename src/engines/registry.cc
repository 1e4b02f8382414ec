#include "engines/registry.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>

#include "core/cpu.h"
#include "core/error.h"
#include "engines/native/native_encoder.h"
#include "engines/onnxruntime/engine.h"
#include "engines/openvino/engine.h"
#include "formats/graph_file.h"

namespace martlet {
namespace {

struct Engine {
  std::string_view name;
  /// What it is, or why it cannot run.
  Result<std::string> (*describe)();
  Result<std::unique_ptr<Encoder>> (*load)(
      const std::filesystem::path& model, const EncoderOptions& options
  );
  /// Null for an engine that runs no graphs.
  Result<std::unique_ptr<Executor>> (*load_executor)(
      const std::filesystem::path& graph, const ExecutorOptions& options
  );
};

Result<std::string> describe_native() {
  const auto isa = select_isa();
  if (!isa) return isa.error();
  return std::string();
}

Result<std::unique_ptr<Encoder>> load_native(
    const std::filesystem::path& model, const EncoderOptions& options
) {
  if (is_graph_file(model)) {
    return error(
        StatusCode::kUnsupported, "engine native",
        "got the graph file {}, expected a model directory (or --engine onnxruntime or openvino)",
        model.string()
    );
  }
  if (!options.settings.empty()) {
    return error(
        StatusCode::kInvalidArgument, "engine native", "setting '{}', expected none",
        options.settings.begin()->first
    );
  }
  return NativeEncoder::load(model, options);
}

const Engine kEngines[] = {
    {"native", &describe_native, &load_native, nullptr},
    {"onnxruntime", &describe_onnxruntime, &load_onnxruntime_encoder, &load_onnxruntime_executor},
    {"openvino", &describe_openvino, &load_openvino_encoder, &load_openvino_executor},
};

Result<const Engine*> find_engine(std::string_view name) {
  const auto* engine = std::ranges::find(kEngines, name, &Engine::name);
  if (engine != std::end(kEngines)) return engine;
  return error(
      StatusCode::kUnsupported, "engine", "got '{}', expected {}", name,
      fmt::join(engine_names(), ", ")
  );
}

}  // namespace

std::vector<EngineStatus> engine_statuses() {
  std::vector<EngineStatus> statuses;
  for (const Engine& engine : kEngines) {
    auto description = engine.describe();
    statuses.push_back(
        {engine.name, description.status(), description ? *std::move(description) : ""}
    );
  }
  return statuses;
}

std::vector<std::string> engine_names() {
  std::vector<std::string> names;
  for (const Engine& engine : kEngines) names.emplace_back(engine.name);
  return names;
}

Result<std::unique_ptr<Encoder>> load_encoder(
    const std::filesystem::path& directory, const EncoderOptions& options
) {
  const auto engine = find_engine(options.engine);
  if (!engine) return engine.error();
  return (*engine)->load(directory, options);
}

Result<std::unique_ptr<Executor>> load_executor(
    const std::filesystem::path& model, const ExecutorOptions& options
) {
  const auto engine = find_engine(options.engine);
  if (!engine) return engine.error();
  if ((*engine)->load_executor != nullptr) return (*engine)->load_executor(model, options);
  return error(
      StatusCode::kUnsupported, "engine",
      "got '{}', which runs no graphs, expected onnxruntime or openvino", options.engine
  );
}

}  // namespace martlet

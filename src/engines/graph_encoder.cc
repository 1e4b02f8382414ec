#include "engines/graph_encoder.h"

#include <fmt/format.h>

#include <utility>

#include "core/error.h"
#include "engines/executor_encoder.h"
#include "export/onnx_export.h"
#include "formats/graph_file.h"
#include "formats/hf_config.h"
#include "formats/onnx/writer.h"

namespace martlet {
namespace {

std::string where(const GraphEngine& engine) { return fmt::format("engine {}", engine.name); }

/// What computes, in the engine's own word.
std::string device_of(const EncoderOptions& options) {
  for (const char* name : {"provider", "device"}) {
    const auto chosen = options.settings.find(name);
    if (chosen != options.settings.end()) return chosen->second;
  }
  return "cpu";
}

Result<EncoderInfo> info_of(
    const std::filesystem::path& model, const EncoderOptions& options, std::string precision
) {
  const auto config = load_hf_config(model);
  if (!config) return config.error();
  return EncoderInfo{
      .engine = options.engine,
      .isa = device_of(options),
      .precision = std::move(precision),
      .model_type = config->model_type,
      .hidden_size = config->hidden_size,
      .vocab_size = config->vocab_size,
      .max_length = config->max_length(),
      .type_vocab_size = config->text_types(),
      .labels = static_cast<std::int32_t>(config->labels.size()),
  };
}

ExecutorOptions executor_options(const EncoderOptions& options, int threads) {
  ExecutorOptions made{.engine = options.engine, .threads = threads, .settings = options.settings};
  if (options.precision == "bf16") made.settings["precision"] = "bf16";
  return made;
}

/// A graph computes in the precision it was written in.
Result<std::string> file_precision(
    const GraphEngine& engine, const std::filesystem::path& graph, const EncoderOptions& options
) {
  auto precision = graph_metadata(graph, onnx_metadata::kPrecision);
  if (!precision) return precision.error();
  if (precision->empty()) *precision = "fp32";
  if (options.precision == "auto" || options.precision == *precision) return precision;
  if (options.precision == "bf16" && engine.bf16 && *precision == "fp32") return "bf16";
  return error(
      StatusCode::kUnsupported, where(engine),
      "precision {}, got {} in {}, expected auto or {}: export the model again for another",
      options.precision, *precision, graph.string(), *precision
  );
}

Result<std::unique_ptr<Encoder>> load_file(
    const GraphEngine& engine, const std::filesystem::path& graph, const EncoderOptions& options
) {
  if (!options.adapter.empty()) {
    return error(
        StatusCode::kUnsupported, where(engine),
        "got an adapter for a graph file, expected one for a model directory"
    );
  }
  auto precision = file_precision(engine, graph, options);
  if (!precision) return precision.error();
  auto info = info_of(graph, options, *std::move(precision));
  if (!info) return info.error();
  const auto factory = [load = engine.load_file, graph, options](int threads) {
    return load(graph, executor_options(options, threads));
  };
  return ExecutorEncoder::make(*std::move(info), factory, options.threads);
}

Result<std::unique_ptr<Executor>> load_exported(
    const GraphEngine& engine, const std::filesystem::path& directory,
    const OnnxExportOptions& export_options, const ExecutorOptions& options
) {
  const auto exported = make_onnx_model(directory, export_options);
  if (!exported) return exported.error();
  const auto bytes = onnx::serialize_model(exported->model);
  if (!bytes) return bytes.error();
  return engine.load_bytes(std::as_bytes(std::span(*bytes)), directory.string(), options);
}

Result<std::unique_ptr<Encoder>> load_directory(
    const GraphEngine& engine, const std::filesystem::path& directory, const EncoderOptions& options
) {
  const std::string precision = options.precision == "auto" ? "fp32" : options.precision;
  const bool bf16 = precision == "bf16" && engine.bf16;
  if (precision != "fp32" && precision != "int8" && !bf16) {
    return error(
        StatusCode::kUnsupported, where(engine),
        "precision, got '{}', expected auto, fp32{} or int8", precision, engine.bf16 ? ", bf16" : ""
    );
  }
  auto info = info_of(directory, options, precision);
  if (!info) return info.error();
  const OnnxExportOptions export_options{
      .fused = engine.fused,
      .precision = bf16 ? "fp32" : precision,
      .adapter = options.adapter,
  };
  const auto factory = [engine, directory, export_options, options](int threads) {
    return load_exported(engine, directory, export_options, executor_options(options, threads));
  };
  return ExecutorEncoder::make(*std::move(info), factory, options.threads);
}

}  // namespace

Result<std::unique_ptr<Encoder>> load_graph_encoder(
    const GraphEngine& engine, const std::filesystem::path& model, const EncoderOptions& options
) {
  return is_graph_file(model) ? load_file(engine, model, options)
                              : load_directory(engine, model, options);
}

}  // namespace martlet

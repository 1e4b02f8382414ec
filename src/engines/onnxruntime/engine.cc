#include "engines/onnxruntime/engine.h"

#include <fmt/ranges.h>

#include "engines/graph_encoder.h"
#include "engines/onnxruntime/library.h"
#include "engines/onnxruntime/ort_executor.h"

namespace martlet {

Result<std::string> describe_onnxruntime() {
  const auto& runtime = onnx_runtime();
  if (!runtime) return runtime.error();
  return fmt::format(
      "{} ({}), {}", runtime->version, runtime->path.string(), fmt::join(runtime->providers, ", ")
  );
}

Result<std::unique_ptr<Encoder>> load_onnxruntime_encoder(
    const std::filesystem::path& model, const EncoderOptions& options
) {
  static constexpr GraphEngine kEngine{
      .name = "onnxruntime",
      .fused = true,
      .load_file = &OrtExecutor::load,
      .load_bytes = &OrtExecutor::from_bytes,
  };
  return load_graph_encoder(kEngine, model, options);
}

Result<std::unique_ptr<Executor>> load_onnxruntime_executor(
    const std::filesystem::path& graph, const ExecutorOptions& options
) {
  return OrtExecutor::load(graph, options);
}

}  // namespace martlet

#include "engines/openvino/engine.h"

#include <fmt/format.h>

#include "engines/graph_encoder.h"
#include "engines/openvino/library.h"
#include "engines/openvino/ov_executor.h"

namespace martlet {

Result<std::string> describe_openvino() {
  const auto& runtime = open_vino();
  if (!runtime) return runtime.error();
  return fmt::format("{} ({})", runtime->version, runtime->path.string());
}

Result<std::unique_ptr<Encoder>> load_openvino_encoder(
    const std::filesystem::path& model, const EncoderOptions& options
) {
  static constexpr GraphEngine kEngine{
      .name = "openvino",
      .bf16 = true,
      .load_file = &OvExecutor::load,
      .load_bytes = &OvExecutor::from_bytes,
  };
  return load_graph_encoder(kEngine, model, options);
}

Result<std::unique_ptr<Executor>> load_openvino_executor(
    const std::filesystem::path& graph, const ExecutorOptions& options
) {
  return OvExecutor::load(graph, options);
}

}  // namespace martlet

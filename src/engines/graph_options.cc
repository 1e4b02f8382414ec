#include "engines/graph_options.h"

#include "core/error.h"

namespace martlet {

Result<ExecutorOptions> graph_executor_options(const EncoderOptions& options) {
  if (!options.adapter.empty()) {
    return error(StatusCode::kUnsupported, "engine", "got an adapter for a graph, expected none");
  }
  ExecutorOptions made{
      .engine = options.engine == "native" ? "onnxruntime" : options.engine,
      .threads = options.threads,
      .settings = options.settings,
  };
  const bool bf16 = options.precision == "bf16" && made.engine == "openvino";
  if (bf16) made.settings["precision"] = "bf16";
  if (bf16 || options.precision == "auto" || options.precision == "fp32") return made;
  return error(
      StatusCode::kUnsupported, "engine " + made.engine,
      "precision {}, expected auto: a graph has its own", options.precision
  );
}

}  // namespace martlet

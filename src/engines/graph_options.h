// How an engine that runs graphs is asked for.
#pragma once

#include "martlet/encoder.h"
#include "martlet/executor.h"

namespace martlet {

/// The engine's options for the flags that all engines share. A graph that is asked of the native
/// engine, which runs none, goes to ONNX Runtime. kUnsupported for a precision that is the graph's
/// own affair: bf16 is OpenVINO's to choose, int8 is in the file.
Result<ExecutorOptions> graph_executor_options(const EncoderOptions& options);

}  // namespace martlet

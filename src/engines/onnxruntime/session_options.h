// ONNX Runtime's session options from martlet's.
#pragma once

#include "engines/onnxruntime/library.h"
#include "martlet/executor.h"

namespace martlet {

/// The settings are: provider (cpu, cuda, tensorrt, openvino; cpu), optimization (disabled, basic,
/// extended, all; all), arena (on, off; off: memory goes back after each run instead of growing
/// with every new shape; on is for graphs of one shape), and any of ONNX Runtime's own, which begin
/// with "session.".
/// kInvalidArgument for other names and words, kUnavailable for a provider the library does not
/// have.
Result<OrtPointer<OrtSessionOptions>> make_session_options(
    const OnnxRuntime& runtime, const ExecutorOptions& options
);

}  // namespace martlet

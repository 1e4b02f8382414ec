// ONNX Runtime as one of martlet's engines. Built with or without its headers; without, everything
// here says so.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "martlet/encoder.h"
#include "martlet/executor.h"

namespace martlet {

/// Version, library and providers, or why the engine cannot run here.
Result<std::string> describe_onnxruntime();

Result<std::unique_ptr<Encoder>> load_onnxruntime_encoder(
    const std::filesystem::path& model, const EncoderOptions& options
);

Result<std::unique_ptr<Executor>> load_onnxruntime_executor(
    const std::filesystem::path& graph, const ExecutorOptions& options
);

}  // namespace martlet

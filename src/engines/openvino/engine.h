// OpenVINO as one of martlet's engines. Built with or without its headers; without, everything
// here says so.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "martlet/encoder.h"
#include "martlet/executor.h"

namespace martlet {

/// Version and library, or why the engine cannot run here.
Result<std::string> describe_openvino();

Result<std::unique_ptr<Encoder>> load_openvino_encoder(
    const std::filesystem::path& model, const EncoderOptions& options
);

Result<std::unique_ptr<Executor>> load_openvino_executor(
    const std::filesystem::path& graph, const ExecutorOptions& options
);

}  // namespace martlet

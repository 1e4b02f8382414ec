// What the engines that run graphs have in common when they load an encoder: a graph file as it is,
// a model directory by way of an export in memory.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "martlet/encoder.h"
#include "martlet/executor.h"

namespace martlet {

struct GraphEngine {
  std::string_view name;
  bool fused = false;  // takes ONNX Runtime's own operators
  bool bf16 = false;   // computes a graph of fp32 in bf16 when its setting `precision` says so
  Result<std::unique_ptr<Executor>> (*load_file)(
      const std::filesystem::path& graph, const ExecutorOptions& options
  );
  Result<std::unique_ptr<Executor>> (*load_bytes)(
      std::span<const std::byte> model, std::string_view where, const ExecutorOptions& options
  );
};

/// What `load_encoder` does for the engine.
Result<std::unique_ptr<Encoder>> load_graph_encoder(
    const GraphEngine& engine, const std::filesystem::path& model, const EncoderOptions& options
);

}  // namespace martlet

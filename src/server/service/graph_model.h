// A served model that is a graph: it takes tensors by the names of its inputs and, where
// preprocessing belongs to it, JPEG and PNG files.
#pragma once

#include <memory>
#include <optional>

#include "martlet/executor.h"
#include "pipelines/image_model.h"
#include "server/service/model_registry.h"
#include "server/service/served_model.h"
#include "server/service/serving_options.h"

namespace martlet {

/// A graph without a tokenizer, or a model of images. Such a model does not read texts.
bool is_graph_model(const std::filesystem::path& model);

/// Reads and warms the model that `spec` names. A server whose engine is native, which runs no
/// graphs, runs it in ONNX Runtime.
Result<std::unique_ptr<ServedModel>> load_graph_model(
    const ModelSpec& spec, const ServingOptions& options
);

/// What it is made of. One of the two is there.
struct GraphParts {
  ModelInfo info;
  std::unique_ptr<Executor> executor;
  std::optional<ImageModel> images;
};

/// From parts. kInvalidArgument for options out of range.
Result<std::unique_ptr<ServedModel>> make_graph_model(
    GraphParts parts, const ServingOptions& options
);

}  // namespace martlet

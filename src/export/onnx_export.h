// What `martlet export` and the engines that eat ONNX have in common: a model directory as an ONNX
// model in memory.
#pragma once

#include <deque>
#include <filesystem>
#include <memory>
#include <vector>

#include "export/encoder_tensors.h"
#include "formats/onnx/model.h"
#include "martlet/onnx_export.h"

namespace martlet {

/// A model and the weights it refers to.
struct ExportedModel {
  onnx::Model model;
  std::unique_ptr<EncoderTensors> tensors;
  std::deque<std::vector<std::byte>> storage;
};

/// The model in `directory` (Hugging Face or sentence-transformers layout), without metadata.
Result<ExportedModel> make_onnx_model(
    const std::filesystem::path& directory, const OnnxExportOptions& options
);

/// Says in the model's metadata where it comes from, and puts its tokenizer and labels there.
Status add_metadata(
    const std::filesystem::path& directory, const OnnxExportOptions& options, onnx::Model& model
);

}  // namespace martlet

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

/// metadata_props that martlet writes, and reads when it runs the file.
namespace onnx_metadata {
inline constexpr char kSource[] = "martlet.source";        // name of the model directory
inline constexpr char kSha256[] = "martlet.sha256";        // model_hash() of it
inline constexpr char kPrecision[] = "martlet.precision";  // fp32, fp16, int8
inline constexpr char kLabels[] = "martlet.labels";        // ["NEGATIVE", "POSITIVE"]
inline constexpr char kMaxLength[] = "martlet.max_length";
inline constexpr char kPooling[] = "martlet.pooling";      // cls, mean or max
inline constexpr char kNormalize[] = "martlet.normalize";  // true or false
inline constexpr char kConfig[] = "martlet.config";        // config.json
inline constexpr char kTokenizer[] = "martlet.tokenizer";  // tokenizer.json
}  // namespace onnx_metadata

/// A model and the weights it refers to.
struct ExportedModel {
  onnx::Model model;
  std::unique_ptr<EncoderTensors> tensors;
  std::deque<std::vector<std::byte>> storage;
};

/// The model in `directory` (Hugging Face or sentence-transformers layout).
Result<ExportedModel> make_onnx_model(
    const std::filesystem::path& directory, const OnnxExportOptions& options
);

}  // namespace martlet

// A Hugging Face model directory as an ONNX model: `martlet export`.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "martlet/export.h"
#include "martlet/status.h"

namespace martlet {

struct OnnxExportOptions {
  /// Use ONNX Runtime's own operators (com.microsoft: Attention, SkipLayerNormalization, ...),
  /// which nothing but ONNX Runtime runs. Otherwise ONNX's operators only.
  bool fused = false;
  /// fp32; fp16: weights and arithmetic; int8: weights by channel, activations quantized as they
  /// come, in the encoder's layers.
  std::string precision = "fp32";
  std::int32_t opset = 17;
  /// A PEFT LoRA adapter directory to merge; empty: none.
  std::filesystem::path adapter{};
  /// Weights in OUT.data even where one file could hold them.
  bool external_data = false;
};

/// Writes the model in `directory` to the file `out`, whole or not at all.
///
/// Inputs are input_ids, attention_mask and, where the model has token types, token_type_ids: int64
/// [batch, sequence], both dynamic. Outputs, in fp32: logits of a classifier; last_hidden_state
/// and, where there is a pooler, pooler_output of an encoder; token_embeddings and
/// sentence_embedding of a sentence-transformers directory.
///
/// kInvalidArgument for options that make no sense, otherwise as load_encoder.
MARTLET_API Status export_onnx(
    const std::filesystem::path& directory, const std::filesystem::path& out,
    const OnnxExportOptions& options = {}
);

}  // namespace martlet

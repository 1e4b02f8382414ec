// The whole graph of an encoder model: inputs, layers, and what its task makes of them.
#pragma once

#include <optional>

#include "export/encoder_tensors.h"
#include "export/graph_builder.h"
#include "martlet/encoder.h"

namespace martlet {

/// How sentence-transformers makes a sentence's vector of its tokens'.
struct SentencePooling {
  OutputKind kind = OutputKind::kMean;  // kCls, kMean or kMax
  bool normalize = false;
};

struct EncoderGraphOptions {
  bool fused = false;
  ExportPrecision precision = ExportPrecision::kFp32;
  std::int32_t opset = 17;
  std::optional<SentencePooling> pooling{};  // of a sentence-transformers model
};

/// The graph refers to the weights in `tensors`, which must outlive it.
BuiltGraph build_encoder_graph(const EncoderTensors& tensors, const EncoderGraphOptions& options);

}  // namespace martlet

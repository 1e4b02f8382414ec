// How much a forward pass has to compute.
#pragma once

#include <cstdint>
#include <span>

#include "formats/hf_config.h"
#include "martlet/encoder.h"

namespace martlet {

/// What a forward pass is asked for.
struct Pass {
  OutputKind output = OutputKind::kLogits;
  bool token_logits = false;  // the head classifies tokens, not sequences
};

/// Multiply-adds of the matrix products, attention's included, for sequences of these lengths. Only
/// those whose results are read: where the output is of first tokens, the last layer computes keys
/// and values of every row and the rest of one row a sequence.
double multiply_adds(
    const HfConfig& config, std::span<const std::int32_t> lengths, const Pass& pass
);

}  // namespace martlet

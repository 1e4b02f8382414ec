// Embeddings of length 1.
#pragma once

#include <span>

namespace martlet {

/// Scales the row to length 1, as torch.nn.functional.normalize does: a length below 1e-12 counts
/// as 1e-12.
void scale_to_unit(std::span<float> row);

}  // namespace martlet

// Lengths of embeddings and angles between them.
#pragma once

#include <span>

namespace martlet {

/// Scales the row to length 1, as torch.nn.functional.normalize does: a length below 1e-12 counts
/// as 1e-12.
void scale_to_unit(std::span<float> row);

/// Of the angle between two rows of one size, in double; lengths count as above.
float cosine(std::span<const float> a, std::span<const float> b);

}  // namespace martlet

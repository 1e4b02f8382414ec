// Input tensors as texts, token ids or images.
#pragma once

#include <vector>

#include "martlet/status.h"
#include "server/service/request.h"
#include "server/v2/tensor.h"

namespace martlet {

/// kInvalidInput for unknown or repeated names, missing inputs, wrong types, and shapes that do not
/// fit their data or each other.
Result<std::vector<TextInput>> read_v2_texts(std::vector<V2Tensor>&& tensors);

/// The files in the input `image`, each as a TextInput's text. Failures as for texts.
Result<std::vector<TextInput>> read_v2_images(std::vector<V2Tensor>&& tensors);

}  // namespace martlet

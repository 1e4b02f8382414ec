// Infer requests for a graph: its inputs and outputs by their own names, types and shapes.
#pragma once

#include <string>
#include <vector>

#include "martlet/executor.h"
#include "martlet/status.h"
#include "server/service/model_info.h"
#include "server/service/tensor_service.h"
#include "server/v2/infer.h"

namespace martlet {

std::vector<V2TensorMetadata> v2_tensors(const std::vector<TensorInfo>& infos);

/// kInvalidInput for names, types or shapes that the graph does not have, and missing inputs.
Result<std::vector<NamedTensor>> read_v2_tensors(
    const ModelSignature& signature, std::vector<V2Tensor>&& tensors
);

V2Answer make_v2_answer(std::vector<NamedTensor>&& outputs);

}  // namespace martlet

// The messages of the Open Inference Protocol and what they mean.
#pragma once

#include <string>

#include "martlet/status.h"
#include "open_inference_grpc.pb.h"
#include "server/service/model_info.h"
#include "server/service/serving_options.h"
#include "server/service/statistics.h"
#include "server/v2/infer.h"

namespace martlet {

/// kInvalidInput for raw contents beside typed ones, contents that do not fit datatype or shape,
/// and parameters without a value.
Result<V2InferRequest> read_infer_request(const inference::ModelInferRequest& request);

/// Outputs go to raw contents, or, when the request's contents were typed, to typed ones.
void write_infer_response(
    const ModelInfo& info, const inference::ModelInferRequest& request, const V2Answer& answer,
    inference::ModelInferResponse& response
);

void write_model_metadata(const ModelInfo& info, inference::ModelMetadataResponse& response);

void write_model_config(
    const ModelInfo& info, const ServingOptions& serving, inference::ModelConfig& config
);

void write_model_statistics(
    const ModelInfo& info, const ModelStatistics& statistics, inference::ModelStatistics& out
);

}  // namespace martlet

// Infer requests and answers of the Open Inference Protocol over REST: JSON, and JSON followed by
// binary tensors.
#pragma once

#include <string>
#include <string_view>

#include "martlet/status.h"
#include "server/http/message.h"
#include "server/v2/infer.h"

namespace martlet {

struct V2Body {
  V2InferRequest request;
  /// What outputs without a binary_data parameter of their own are.
  bool binary_outputs = false;
};

/// `header` is Inference-Header-Content-Length: how many bytes of the body are JSON; null: all. 0:
/// the body is the one input `text`, and all outputs are binary.
Result<V2Body> parse_v2_body(std::string_view body, const std::string* header);

/// The answer; outputs that were asked for in binary follow the JSON.
HttpResponse v2_response(const ModelInfo& info, const V2Body& asked, const V2Answer& answer);

/// {"name","datatype","shape"} of each.
void append_v2_metadata(std::string& out, const std::vector<V2TensorMetadata>& tensors);

}  // namespace martlet

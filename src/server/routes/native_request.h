// The bodies of martlet's own routes.
//
//   POST /v1/predict  {"inputs": ["good", ["first", "second"]], "top_k": 1}      or just ["good"]
//                     of a token classifier "aggregation": "simple", "ignore_labels": ["O"]
//   POST /v1/zero-shot {"inputs": ["good"], "candidate_labels": ["sports", "film"],
//                       "hypothesis_template": "This example is {}.", "multi_label": false}
//   POST /v1/embed    {"inputs": "good", "normalize": true, "dimensions": 128}
//   POST /v1/tokenize {"inputs": ["good"], "add_special_tokens": true}
//
// Of a model of images, predict takes base64 as inputs; or the body is an image, as its
// Content-Type says, and the query has "model" and "top_k".
//
// All take "model", "truncate", "max_length", "truncation_side", "priority" and "timeout_ms";
// predict and embed take "stream": true for one line of JSON per text.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "martlet/status.h"
#include "martlet/zero_shot_classification.h"
#include "server/service/model_info.h"
#include "server/service/request.h"

namespace martlet {

struct NativeRequest {
  std::string model;  // empty: the only one
  std::vector<TextInput> inputs;
  RequestOptions options;
  int32_t top_k = 1;  // labels in "top", which is left out for 1
  bool return_logits = true;
  bool stream = false;
  bool bare = false;           // the body was a list: the answer is one, too
  bool image = false;          // the body was a JPEG or PNG file, which is the one input
  CandidateLabels candidates;  // of /v1/zero-shot
};

/// kInvalidInput for anything malformed; members that are not known are ignored.
Result<NativeRequest> parse_native_request(
    std::string_view body, std::chrono::steady_clock::time_point received
);

/// A body of image/*: the file itself. `query` is the request's.
Result<NativeRequest> parse_native_image(std::string_view body, std::string_view query);

/// Makes files of base64 for a model of images. kInvalidInput for other inputs, kUnsupported for an
/// image that is not for such a model.
Status prepare_images(const ModelInfo& info, NativeRequest& request);

/// A body of application/x-ndjson: one item per line, answered as a stream. Empty lines are
/// skipped.
Result<NativeRequest> parse_native_lines(std::string_view body);

}  // namespace martlet

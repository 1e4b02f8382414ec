// The body of OpenAI's POST /v1/embeddings.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "martlet/status.h"
#include "server/service/request.h"

namespace martlet {

struct OpenAiRequest {
  std::string model;
  /// A text, a list of texts, or one or several lists of this model's token ids.
  std::vector<TextInput> inputs;
  RequestOptions options;  // embeddings of length 1, of `dimensions` values
  bool base64 = false;
};

Result<OpenAiRequest> parse_openai_request(std::string_view body);

}  // namespace martlet

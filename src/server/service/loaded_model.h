// What is read from a model directory before it can be served.
#pragma once

#include <memory>

#include "martlet/encoder.h"
#include "martlet/status.h"
#include "martlet/tokenizer.h"
#include "server/service/model_info.h"
#include "server/service/model_registry.h"
#include "server/service/serving_options.h"

namespace martlet {

struct LoadedModel {
  ModelInfo info;
  Tokenizer tokenizer;
  std::unique_ptr<Encoder> encoder;
};

/// Reads either layout, plain Hugging Face or sentence-transformers.
Result<LoadedModel> load_served_model(const ModelSpec& spec, const ServingOptions& options);

}  // namespace martlet

// Whether a batch is one that a model can run; engines whose own checks say less ask first.
#pragma once

#include <string_view>

#include "martlet/encoder.h"
#include "martlet/status.h"

namespace martlet {

/// kInvalidArgument for ids, type ids or lengths that the model does not have.
Status check_batch(const TokenBatch& batch, const EncoderInfo& info, std::string_view where);

}  // namespace martlet

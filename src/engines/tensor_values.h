// What is in a tensor, as numbers.
#pragma once

#include <string_view>
#include <vector>

#include "martlet/executor.h"
#include "martlet/status.h"

namespace martlet {

/// The tensor's values in `out`. kUnsupported for anything but float32 and float16.
Status to_floats(const NamedTensor& tensor, std::string_view where, std::vector<float>& out);

}  // namespace martlet

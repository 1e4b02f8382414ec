// The engines martlet can run a model with.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "martlet/encoder.h"

namespace martlet {

struct EngineStatus {
  std::string_view name;
  Status status;  // ok: it can run here; else the reason why not
};

/// Every engine, and whether it can run on this machine.
std::vector<EngineStatus> engine_statuses();

}  // namespace martlet

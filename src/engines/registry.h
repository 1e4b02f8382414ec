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
  Status status;       // ok: it can run here; else the reason why not
  std::string detail;  // of an engine that can run: its version and where it is; may be empty
};

/// Every engine, and whether it can run on this machine. Loads the libraries of all of them.
std::vector<EngineStatus> engine_statuses();

/// The names alone, which costs nothing.
std::vector<std::string> engine_names();

}  // namespace martlet

// A batch that fails is halved until only those fail that make it fail.
#pragma once

#include <span>

#include "martlet/scheduler_core.h"

namespace martlet {

/// Runs `batch` and sets the outcome of each request; returns how often it called `run`. A failure
/// of kUnavailable is the engine's own and is not searched for a culprit.
int run_isolated(SchedulerWork& work, std::span<SchedulerRequest* const> batch);

}  // namespace martlet

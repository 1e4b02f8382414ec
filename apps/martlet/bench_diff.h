// martlet bench diff: what two runs of a suite say about each other.
#pragma once

#include "verbs.h"

namespace martlet::cli {

/// Prints what has changed. A regression sets the exit code kExitDifference.
Status bench_diff(Arguments arguments);

}  // namespace martlet::cli

// The tasks of `martlet run`, one file each: load the pipeline, run the session's rows through it,
// write its results.
#pragma once

#include "martlet/status.h"
#include "run_session.h"

namespace martlet::cli {

Status classify(const RunFlags& flags, RunSession& session);
Status embed(const RunFlags& flags, RunSession& session);

}  // namespace martlet::cli

// Tasks whose result is one number for each pair of texts.
#pragma once

#include "run_session.h"

namespace martlet::cli {

/// kInvalidArgument when the rows of the input are single texts.
Status expect_pairs(const RunFlags& flags, std::string_view task);

/// Begins a table of the column `name`, unless results are for eyes.
Status start_scores(const RunFlags& flags, RunSession& session, std::string name);

/// The next row, or the next line: "0.9985  how do swifts sleep? | on the wing".
Status write_score(const RunFlags& flags, RunSession& session, float score, bool truncated);

}  // namespace martlet::cli

// Labels and their scores on a terminal.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "martlet/text_classification.h"
#include "run_session.h"

namespace martlet::cli {

/// Columns of the widest label.
std::size_t widest(std::span<const std::string> labels);

/// "POSITIVE  0.9985  a gripping, beautiful film": each label in `label_columns`, then as much of
/// the next input's text as there is room for.
Status write_labels(
    RunSession& session, std::span<const LabelScore> labels, std::size_t label_columns
);

}  // namespace martlet::cli

// A word about --precision auto when the record it would obey cannot be used.
#pragma once

#include <filesystem>

#include "martlet/encoder.h"

namespace martlet::cli {

/// One line on stderr where precision is auto and the model's martlet.json is malformed, or of
/// other weights; auto then takes fp32.
void note_unusable_record(const std::filesystem::path& model, const EncoderOptions& encoder);

}  // namespace martlet::cli

// Which model a directory holds: a hash of what decides its numbers.
#pragma once

#include <filesystem>
#include <string>

#include "martlet/status.h"

namespace martlet {

/// SHA-256 over the names, sizes and bytes of config.json and every .safetensors file, in order of
/// their names: 64 hexadecimal digits. Reads all weights.
Result<std::string> model_hash(const std::filesystem::path& directory);

}  // namespace martlet

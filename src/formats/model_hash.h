// Which model a directory holds: what decides its numbers, as a hash of all of it and as a stamp
// that is found without reading weights.
#pragma once

#include <filesystem>
#include <string>

#include "martlet/status.h"

namespace martlet {

/// SHA-256 over the names, sizes and bytes of config.json and every .safetensors file, in order of
/// their names, or of a graph file: 64 hexadecimal digits. With an adapter, its files of the same
/// kinds follow. Reads all weights, but only once for files that stay as they are while the process
/// lives.
Result<std::string> model_hash(
    const std::filesystem::path& directory, const std::filesystem::path& adapter = {}
);

/// SHA-256 over the names and sizes of the same files, when each was last written, and how the
/// weights are laid out in them. Equal stamps: the same model. A copy of a model has another one.
Result<std::string> model_stamp(
    const std::filesystem::path& directory, const std::filesystem::path& adapter = {}
);

}  // namespace martlet

// Names for files and folders that are to be renamed when they are whole.
#pragma once

#include <fmt/format.h>

#include <filesystem>
#include <random>

namespace martlet {

/// A new name in `directory`. It is short whatever the final name is, so that one of the longest
/// length the system allows still works. May exist, though it is improbable: create exclusively.
inline std::filesystem::path temporary_name(const std::filesystem::path& directory) {
  std::random_device random;
  return directory / fmt::format(".martlet-{:08x}{:08x}.tmp", random(), random());
}

}  // namespace martlet

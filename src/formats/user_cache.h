// Where what can be made again is kept when it cannot be kept beside the model.
#pragma once

#include <filesystem>

namespace martlet {

/// $XDG_CACHE_HOME/martlet, else ~/.cache/martlet; empty when the environment names neither. Not
/// created here.
std::filesystem::path user_cache_directory();

}  // namespace martlet

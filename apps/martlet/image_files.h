// Folders of images on the command line.
#pragma once

#include <string>
#include <vector>

#include "martlet/status.h"

namespace martlet::cli {

/// `paths` with each folder replaced by the .jpg, .jpeg and .png files in it, in order of their
/// names. kNotFound for a folder without any.
Result<std::vector<std::string>> list_images(const std::vector<std::string>& paths);

}  // namespace martlet::cli

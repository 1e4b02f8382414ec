// SHA-256 of files, as sha256sum prints it.
#pragma once

#include <filesystem>
#include <string>

#include "martlet/status.h"

namespace martlet::cli {

/// 64 hexadecimal digits.
Result<std::string> sha256_of(const std::filesystem::path& file);

}  // namespace martlet::cli

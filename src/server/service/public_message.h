// Failures in words that may leave the machine.
#pragma once

#include <string>

#include "martlet/status.h"

namespace martlet {

/// The message without the paths in it: every word with a slash becomes "(path)".
std::string public_message(const Status& status);

}  // namespace martlet

// Failures in words that may leave the machine.
#pragma once

#include <string>

#include "martlet/status.h"

namespace martlet {

/// The message without the paths in it: every word with a slash becomes "(path)".
std::string public_message(const Status& status);

/// The same where something is wrong inside; of the client's own mistake the whole message, whose
/// slashes are the client's.
std::string message_for_client(const Status& status);

}  // namespace martlet

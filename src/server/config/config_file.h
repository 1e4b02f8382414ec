// The configuration file of the server, in YAML: one key for each setting, under the flag's name.
#pragma once

#include <string_view>

#include "martlet/status.h"
#include "server/config/settings.h"

namespace martlet {

/// The settings in `text`. `models` may be a list, or a map of NAME: PATH. kInvalidInput, with the
/// line, for what is not YAML, an unknown or repeated key, or a value that is neither a word nor a
/// list of words. `where` names the file in messages.
Result<SettingValues> parse_config_file(std::string_view text, std::string_view where);

}  // namespace martlet

// --engine-option NAME=VALUE: the engines' own settings.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "command_line.h"

namespace martlet::cli {

/// Declares the flag; its words are for parse_settings.
void add_setting_flag(CLI::App& app, std::vector<std::string>& words);

/// kInvalidArgument for a word that is not NAME=VALUE.
Result<std::map<std::string, std::string>> parse_settings(const std::vector<std::string>& words);

}  // namespace martlet::cli

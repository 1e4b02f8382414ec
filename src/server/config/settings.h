// Every setting of the server under one name, whether it comes as a flag (--drain-timeout), a
// variable (MARTLET_DRAIN_TIMEOUT) or a key of the configuration file (drain-timeout).
#pragma once

#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "martlet/status.h"
#include "server/config/server_config.h"

namespace martlet {

struct Setting {
  std::string_view name;   // "drain-timeout"
  std::string_view value;  // "TIME"
  std::string_view help;   // what it is for, and the default in parentheses
  /// One value; called once for each value of a list. Failures do not name the setting.
  Status (*apply)(ServerConfig& config, std::string_view value);
  bool is_list = false;  // may be given several times; a variable separates with commas
};

std::span<const Setting> server_settings();

/// "drain-timeout" is "MARTLET_DRAIN_TIMEOUT".
std::string variable_of(const Setting& setting);

/// Values by the name of their setting.
using SettingValues = std::map<std::string, std::vector<std::string>, std::less<>>;

/// Reads a variable of the environment; null where it is not set.
using Environment = std::function<const char*(const char*)>;

/// Each setting from the first of these that has it: `flags`, the environment, `file`; else it
/// keeps its default. kInvalidArgument names the setting and where it came from.
Result<ServerConfig> combine_settings(
    const SettingValues& flags, const Environment& environment, const SettingValues& file
);

}  // namespace martlet

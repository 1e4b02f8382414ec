#include "engine_settings.h"

#include "core/error.h"

namespace martlet::cli {

void add_setting_flag(CLI::App& app, std::vector<std::string>& words) {
  app.add_option(
         "--engine-option", words, "A setting of the engine's own, e.g. provider=cuda; repeatable"
  )
      ->allow_extra_args(false)
      ->option_text("NAME=VALUE");
}

Result<std::map<std::string, std::string>> parse_settings(const std::vector<std::string>& words) {
  std::map<std::string, std::string> settings;
  for (const std::string& word : words) {
    const std::size_t equals = word.find('=');
    if (equals == std::string::npos || equals == 0) {
      return error(
          StatusCode::kInvalidArgument, "engine-option", "got '{}', expected NAME=VALUE", word
      );
    }
    settings[word.substr(0, equals)] = word.substr(equals + 1);
  }
  return settings;
}

}  // namespace martlet::cli

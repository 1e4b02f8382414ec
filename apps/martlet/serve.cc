// martlet serve: models over HTTP and gRPC until somebody says stop.
#include <fmt/format.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "command_line.h"
#include "core/error.h"
#include "core/heap.h"
#include "server/config/config_file.h"
#include "server/config/settings.h"
#include "server/server.h"
#include "verbs.h"

namespace martlet::cli {
namespace {

constexpr std::array kStopSignals{SIGINT, SIGTERM};

/// SIGINT and SIGTERM, waited for instead of handled. Made before the first thread, which then does
/// not get them either.
class StopSignals {
 public:
  StopSignals() {
    ::sigemptyset(&signals_);
    for (const int signal : kStopSignals) ::sigaddset(&signals_, signal);
    ::pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
  }

  /// Whether one came within 50 ms.
  [[nodiscard]] bool wait_a_moment() const {
    const std::timespec moment{.tv_sec = 0, .tv_nsec = 50'000'000};
    return ::sigtimedwait(&signals_, nullptr, &moment) > 0;
  }

  /// The next one ends the program at once.
  void let_through() const {
    for (const int signal : kStopSignals) std::signal(signal, SIG_DFL);
    ::pthread_sigmask(SIG_UNBLOCK, &signals_, nullptr);
  }

 private:
  sigset_t signals_{};
};

void say(std::string_view line) {
  const std::string text = fmt::format("martlet: {}\n", line);
  std::fwrite(text.data(), 1, text.size(), stderr);
}

struct ServeFlags {
  SettingValues values;
  std::string config_file;
};

VerbHelp help() {
  return {
      .verb = "serve",
      .arguments = "MODEL...",
      .summary =
          "Serves models over HTTP and gRPC. MODEL is a directory, as save_pretrained writes it, "
          "or\n"
          "NAME=DIRECTORY. Each option is also a variable (--drain-timeout: "
          "MARTLET_DRAIN_TIMEOUT)\n"
          "and a key of the configuration file (drain-timeout: 30s); models is its list of\n"
          "models. An option wins over the variable, the variable over the file, the file over "
          "the\n"
          "default in parentheses.",
      .examples =
          "  martlet serve build/models/minilm-sst2\n"
          "  martlet serve sst2=build/models/minilm-sst2 build/models/all-minilm-l6-v2 --http "
          ":8080\n"
          "  MARTLET_API_KEY=secret martlet serve --config martlet.yaml\n",
  };
}

Result<bool> parse_flags(Arguments arguments, ServeFlags& flags) {
  CommandLine line(help());
  line.takes_texts();
  line.app()
      .add_option("--config", flags.config_file, "Read settings from a YAML file")
      ->option_text("FILE");
  for (const Setting& setting : server_settings()) {
    if (setting.name == "models") continue;  // they have no flag
    line.app()
        .add_option_function<std::vector<std::string>>(
            fmt::format("--{}", setting.name),
            [&flags, name = std::string(setting.name)](const std::vector<std::string>& values) {
              flags.values[name] = values;
            },
            std::string(setting.help)
        )
        ->option_text(std::string(setting.value))
        ->allow_extra_args(false)
        ->multi_option_policy(
            setting.is_list ? CLI::MultiOptionPolicy::TakeAll : CLI::MultiOptionPolicy::Throw
        );
  }
  Result<bool> wanted = line.parse(arguments);
  if (wanted && *wanted && !line.texts().empty()) flags.values["models"] = line.texts();
  return wanted;
}

Result<SettingValues> read_config_file(const std::string& path) {
  if (path.empty()) return SettingValues{};
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file) return error(StatusCode::kNotFound, path, "the configuration file cannot be read");
  return parse_config_file(text.str(), path);
}

Result<ServerConfig> configure(const ServeFlags& flags) {
  const auto file = read_config_file(flags.config_file);
  if (!file) return file.status();
  return combine_settings(flags.values, [](const char* name) { return std::getenv(name); }, *file);
}

/// Blocks until a signal says stop; fails when no model can be used.
Status serve_until_stopped(Server& server, const StopSignals& signals) {
  constexpr int kMomentsOfASecond = 20;
  bool is_loaded = false;
  HeapKeeper heap;
  for (int moments = 1; !signals.wait_a_moment(); ++moments) {
    if (moments % kMomentsOfASecond == 0) heap.look();
    if (is_loaded) continue;
    const std::optional<Status> loaded = server.loaded();
    if (!loaded) continue;
    if (!loaded->ok()) return *loaded;
    is_loaded = true;
  }
  return {};
}

}  // namespace

Status serve(Arguments arguments) {
  keep_large_blocks_apart();
  ServeFlags flags;
  const Result<bool> wanted = parse_flags(arguments, flags);
  if (!wanted || !*wanted) return wanted.status();
  const auto config = configure(flags);
  if (!config) return config.status();
  const StopSignals signals;
  const auto server = Server::start(*config, say);
  if (!server) return server.status();
  MARTLET_RETURN_IF_ERROR(serve_until_stopped(**server, signals));
  signals.let_through();
  say("stopping: answers what has been accepted; a second signal stops at once");
  return (*server)->shut_down();
}

}  // namespace martlet::cli

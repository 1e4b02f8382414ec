#include "engines/registry.h"

#include <algorithm>
#include <iterator>

#include "core/cpu.h"
#include "core/error.h"
#include "engines/native/native_encoder.h"

namespace martlet {
namespace {

struct Engine {
  std::string_view name;
  Status (*status)();
  Result<std::unique_ptr<Encoder>> (*load)(
      const std::filesystem::path& directory, const EncoderOptions& options
  );
};

const Engine kEngines[] = {
    {"native", [] { return select_isa().status(); }, &NativeEncoder::load},
};

std::string engine_names() {
  std::string names;
  for (const Engine& engine : kEngines) {
    if (!names.empty()) names += ", ";
    names += engine.name;
  }
  return names;
}

}  // namespace

std::vector<EngineStatus> engine_statuses() {
  std::vector<EngineStatus> statuses;
  for (const Engine& engine : kEngines) statuses.push_back({engine.name, engine.status()});
  return statuses;
}

Result<std::unique_ptr<Encoder>> load_encoder(
    const std::filesystem::path& directory, const EncoderOptions& options
) {
  const auto* engine =
      std::ranges::find_if(kEngines, [&](const Engine& e) { return e.name == options.engine; });
  if (engine == std::end(kEngines)) {
    return error(
        StatusCode::kUnsupported, "engine", "got '{}', expected {}", options.engine, engine_names()
    );
  }
  return engine->load(directory, options);
}

}  // namespace martlet

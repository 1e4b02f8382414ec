#include "core/plugin.h"

#include <dlfcn.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "core/error.h"

namespace martlet {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> plugin_directories() {
  if (const char* chosen = std::getenv("MARTLET_PLUGIN_DIR");
      chosen != nullptr && *chosen != '\0') {
    return {chosen};
  }
  std::error_code failure;
  const fs::path program = fs::read_symlink("/proc/self/exe", failure).parent_path();
  return {program, program.parent_path() / "lib" / "martlet"};
}

Result<void*> load_from(const fs::path& file, const PluginName& name) {
  void* library = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    return error(
        StatusCode::kUnavailable, name.where,
        "cannot load the plug-in ({}), expected the libraries it was built with", ::dlerror()
    );
  }
  void* symbol = ::dlsym(library, name.symbol);
  if (symbol == nullptr) {
    return error(
        StatusCode::kUnavailable, name.where, "{} has no symbol {}, expected a plug-in of martlet",
        file.string(), name.symbol
    );
  }
  return symbol;
}

}  // namespace

Result<void*> load_plugin_symbol(const PluginName& name) {
  std::string searched;
  for (const fs::path& directory : plugin_directories()) {
    const fs::path file = directory / name.file;
    std::error_code failure;
    if (fs::exists(file, failure)) return load_from(file, name);
    searched += (searched.empty() ? "" : " and ") + directory.string();
  }
  return error(
      StatusCode::kUnavailable, name.where, "{} is not in {}; {}", name.file, searched, name.advice
  );
}

Status wrong_plugin_version(const PluginName& name, unsigned got, unsigned expected) {
  return error(
      StatusCode::kUnavailable, name.where,
      "{} is from another version of martlet, got plug-in version {}, expected {}", name.file, got,
      expected
  );
}

}  // namespace martlet

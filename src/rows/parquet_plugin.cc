#include "rows/parquet_plugin.h"

#include <dlfcn.h>

#include <cstdlib>
#include <string>
#include <utility>

#include "core/error.h"

namespace martlet {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kWhere = "parquet";
constexpr std::string_view kFileName = "martlet_parquet.so";

std::vector<fs::path> plugin_directories() {
  if (const char* chosen = std::getenv("MARTLET_PLUGIN_DIR");
      chosen != nullptr && *chosen != '\0') {
    return {chosen};
  }
  std::error_code failure;
  const fs::path program = fs::read_symlink("/proc/self/exe", failure).parent_path();
  return {program, program.parent_path() / "lib" / "martlet"};
}

/// Keeps the library loaded for good: objects it made may outlive any scope of ours.
Result<const ParquetPlugin*> load_from(const fs::path& file) {
  void* library = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    return error(
        StatusCode::kUnavailable, kWhere,
        "cannot load the plug-in ({}), expected the pyarrow it was built with", ::dlerror()
    );
  }
  const auto entry = reinterpret_cast<ParquetPluginEntry>(::dlsym(library, kParquetPluginSymbol));
  const ParquetPlugin* plugin = entry == nullptr ? nullptr : entry();
  if (plugin == nullptr || plugin->version != ParquetPlugin::kVersion) {
    return error(
        StatusCode::kUnavailable, kWhere,
        "{} is from another version of martlet, got plug-in version {}, expected {}", file.string(),
        plugin == nullptr ? 0 : plugin->version, ParquetPlugin::kVersion
    );
  }
  return plugin;
}

Result<const ParquetPlugin*> find_and_load() {
  std::string searched;
  for (const fs::path& directory : plugin_directories()) {
    const fs::path file = directory / kFileName;
    std::error_code failure;
    if (fs::exists(file, failure)) return load_from(file);
    searched += (searched.empty() ? "" : " and ") + directory.string();
  }
  return error(
      StatusCode::kUnavailable, kWhere,
      "{} is not in {}; build martlet with pyarrow installed (./dev build does), or set "
      "MARTLET_PLUGIN_DIR, or "
      "convert the file to jsonl or csv",
      kFileName, searched
  );
}

}  // namespace

Result<const ParquetPlugin*> load_parquet_plugin() {
  static const Result<const ParquetPlugin*> plugin = find_and_load();
  return plugin;
}

Result<std::unique_ptr<TextReader>> open_parquet_reader(
    const std::filesystem::path& path, const TextColumns& columns
) {
  const auto plugin = load_parquet_plugin();
  if (!plugin) return plugin.error();
  return (*plugin)->open_reader(path, columns);
}

Result<std::unique_ptr<ResultWriter>> make_parquet_writer(
    std::vector<ResultColumn> columns, OutputStream& output
) {
  const auto plugin = load_parquet_plugin();
  if (!plugin) return plugin.error();
  return (*plugin)->make_writer(std::move(columns), output);
}

}  // namespace martlet

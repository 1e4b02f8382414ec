#include "rows/parquet_plugin.h"

#include <utility>

#include "core/plugin.h"

namespace martlet {

Result<const ParquetPlugin*> load_parquet_plugin() {
  static const Result<const ParquetPlugin*> plugin = load_plugin<ParquetPlugin>(
      {.where = "parquet",
       .file = "martlet_parquet.so",
       .symbol = kParquetPluginSymbol,
       .advice = "build martlet with pyarrow installed (./dev build does), or set "
                 "MARTLET_PLUGIN_DIR, or convert the file to jsonl or csv"}
  );
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

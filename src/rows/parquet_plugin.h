// Parquet comes from a plug-in, martlet_parquet.so, which is loaded when the first .parquet is
// opened: the Arrow libraries behind it are large, and martlet starts faster, and works, without
// them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <vector>

#include "martlet/status.h"
#include "rows/output_stream.h"
#include "rows/result_writer.h"
#include "rows/text_reader.h"

namespace martlet {

/// What the plug-in's one symbol returns. No exception leaves its functions.
struct ParquetPlugin {
  /// Changes whenever a type that crosses the boundary does.
  static constexpr std::uint32_t kVersion = 1;

  std::uint32_t version;
  Result<std::unique_ptr<TextReader>> (*open_reader)(
      const std::filesystem::path& path, const TextColumns& columns
  );
  Result<std::unique_ptr<ResultWriter>> (*make_writer)(
      std::vector<ResultColumn> columns, OutputStream& output
  );
};

/// The type and the name of that symbol.
using ParquetPluginEntry = const ParquetPlugin* (*)();
inline constexpr const char* kParquetPluginSymbol = "martlet_parquet_plugin";

/// Loads the plug-in, once per process. It is looked for in MARTLET_PLUGIN_DIR if that is set, else
/// beside the program and in ../lib/martlet. kUnavailable, with what to do about it, when it cannot
/// be loaded.
Result<const ParquetPlugin*> load_parquet_plugin();

Result<std::unique_ptr<TextReader>> open_parquet_reader(
    const std::filesystem::path& path, const TextColumns& columns
);

Result<std::unique_ptr<ResultWriter>> make_parquet_writer(
    std::vector<ResultColumn> columns, OutputStream& output
);

}  // namespace martlet

// Rows of text from a Parquet file.
#pragma once

#include <filesystem>
#include <memory>

#include "martlet/status.h"
#include "rows/text_reader.h"

namespace martlet::parquet_plugin {

/// As open_parquet_reader in rows/parquet_plugin.h.
Result<std::unique_ptr<TextReader>> open_reader(
    const std::filesystem::path& path, const TextColumns& columns
);

}  // namespace martlet::parquet_plugin

// Results as a Parquet file.
#pragma once

#include <memory>
#include <vector>

#include "martlet/status.h"
#include "rows/output_stream.h"
#include "rows/result_writer.h"

namespace martlet::parquet_plugin {

/// As make_parquet_writer in rows/parquet_plugin.h.
Result<std::unique_ptr<ResultWriter>> make_writer(
    std::vector<ResultColumn> columns, OutputStream& output
);

}  // namespace martlet::parquet_plugin

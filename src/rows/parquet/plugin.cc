// The one symbol of martlet_parquet.so.
#include "martlet/export.h"
#include "rows/parquet/reader.h"
#include "rows/parquet/writer.h"
#include "rows/parquet_plugin.h"

extern "C" MARTLET_API const martlet::ParquetPlugin* martlet_parquet_plugin() {
  static constexpr martlet::ParquetPlugin kPlugin{
      .version = martlet::ParquetPlugin::kVersion,
      .open_reader = &martlet::parquet_plugin::open_reader,
      .make_writer = &martlet::parquet_plugin::make_writer,
  };
  return &kPlugin;
}

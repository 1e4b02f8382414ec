#include "rows/parquet/writer.h"

#include <arrow/builder.h>
#include <arrow/record_batch.h>
#include <arrow/table_builder.h>
#include <arrow/type.h>
#include <arrow/util/compression.h>
#include <parquet/arrow/writer.h>
#include <parquet/properties.h>

#include <utility>

#include "rows/parquet/guard.h"
#include "rows/parquet/sink.h"

namespace martlet::parquet_plugin {
namespace {

constexpr std::string_view kWhere = "parquet output";

/// Rows that are handed to Parquet together, and rows of a row group, which is what it keeps in
/// memory.
constexpr std::int64_t kBatchRows = 1024;
constexpr std::int64_t kGroupRows = 32 * kBatchRows;

std::shared_ptr<arrow::DataType> type_of(ColumnKind kind) {
  switch (kind) {
    case ColumnKind::kString:
    case ColumnKind::kJson:
      return arrow::utf8();
    case ColumnKind::kInteger:
      return arrow::int64();
    case ColumnKind::kFloat:
      return arrow::float32();
    case ColumnKind::kBool:
      return arrow::boolean();
    case ColumnKind::kFloatList:
      return arrow::list(arrow::float32());
    case ColumnKind::kStringList:
      return arrow::list(arrow::utf8());
  }
  return arrow::null();
}

std::shared_ptr<arrow::Schema> schema_of(const std::vector<ResultColumn>& columns) {
  arrow::FieldVector fields;
  for (const ResultColumn& column : columns)
    fields.push_back(arrow::field(column.name, type_of(column.kind), false));
  return arrow::schema(std::move(fields));
}

std::shared_ptr<parquet::WriterProperties> properties_of(const std::vector<ResultColumn>& columns) {
  parquet::WriterProperties::Builder builder;
  builder.compression(arrow::Compression::SNAPPY);
  builder.max_row_group_length(kGroupRows);
  // Labels repeat and numbers do not.
  builder.disable_dictionary();
  for (const ResultColumn& column : columns) {
    if (column.kind == ColumnKind::kString) builder.enable_dictionary(column.name);
  }
  return builder.build();
}

/// Appends one value to the builder of its column.
struct Append {
  arrow::ArrayBuilder& builder;

  arrow::Status operator()(std::string_view text) const {
    return as<arrow::StringBuilder>().Append(text);
  }
  arrow::Status operator()(float value) const { return as<arrow::FloatBuilder>().Append(value); }
  arrow::Status operator()(std::int64_t value) const {
    return as<arrow::Int64Builder>().Append(value);
  }
  arrow::Status operator()(JsonText json) const {
    return as<arrow::StringBuilder>().Append(json.text);
  }
  arrow::Status operator()(bool value) const { return as<arrow::BooleanBuilder>().Append(value); }
  arrow::Status operator()(std::span<const float> list) const {
    auto& lists = as<arrow::ListBuilder>();
    ARROW_RETURN_NOT_OK(lists.Append());
    auto& values = static_cast<arrow::FloatBuilder&>(*lists.value_builder());
    return values.AppendValues(list.data(), static_cast<std::int64_t>(list.size()));
  }
  arrow::Status operator()(std::span<const std::string_view> list) const {
    auto& lists = as<arrow::ListBuilder>();
    ARROW_RETURN_NOT_OK(lists.Append());
    auto& values = static_cast<arrow::StringBuilder&>(*lists.value_builder());
    for (const std::string_view text : list) ARROW_RETURN_NOT_OK(values.Append(text));
    return arrow::Status::OK();
  }

  template <class Builder>
  Builder& as() const {
    return static_cast<Builder&>(builder);
  }
};

class ParquetWriter final : public ResultWriter {
 public:
  explicit ParquetWriter(OutputStream& output) : sink_(std::make_shared<Sink>(output)) {}

  arrow::Status open(const std::vector<ResultColumn>& columns) {
    const auto schema = schema_of(columns);
    ARROW_ASSIGN_OR_RAISE(
        rows_, arrow::RecordBatchBuilder::Make(schema, arrow::default_memory_pool())
    );
    ARROW_ASSIGN_OR_RAISE(
        file_, parquet::arrow::FileWriter::Open(
                   *schema, arrow::default_memory_pool(), sink_, properties_of(columns)
               )
    );
    return arrow::Status::OK();
  }

  Status write(std::span<const ResultValue> row) override {
    return guarded(StatusCode::kInternal, kWhere, [&] { return translate(append(row)); });
  }

  Status finish() override {
    return guarded(StatusCode::kInternal, kWhere, [&] { return translate(close()); });
  }

 private:
  arrow::Status append(std::span<const ResultValue> row) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      ARROW_RETURN_NOT_OK(std::visit(Append{*rows_->GetField(static_cast<int>(i))}, row[i]));
    }
    return ++pending_ < kBatchRows ? arrow::Status::OK() : write_pending();
  }

  arrow::Status write_pending() {
    pending_ = 0;
    ARROW_ASSIGN_OR_RAISE(const auto batch, rows_->Flush());
    return file_->WriteRecordBatch(*batch);
  }

  arrow::Status close() {
    if (pending_ > 0) ARROW_RETURN_NOT_OK(write_pending());
    return file_->Close();
  }

  /// What the output said about a failure is better than what Arrow makes of it.
  Status translate(const arrow::Status& status) const {
    if (!sink_->failure().ok()) return sink_->failure();
    return to_status(status, StatusCode::kInternal, kWhere);
  }

  std::shared_ptr<Sink> sink_;
  std::unique_ptr<arrow::RecordBatchBuilder> rows_;
  std::unique_ptr<parquet::arrow::FileWriter> file_;
  std::int64_t pending_ = 0;
};

}  // namespace

Result<std::unique_ptr<ResultWriter>> make_writer(
    std::vector<ResultColumn> columns, OutputStream& output
) {
  return guarded(StatusCode::kInternal, kWhere, [&]() -> Result<std::unique_ptr<ResultWriter>> {
    auto writer = std::make_unique<ParquetWriter>(output);
    const arrow::Status opened = writer->open(columns);
    if (!opened.ok()) return to_status(opened, StatusCode::kInternal, kWhere);
    return Result<std::unique_ptr<ResultWriter>>(std::move(writer));
  });
}

}  // namespace martlet::parquet_plugin

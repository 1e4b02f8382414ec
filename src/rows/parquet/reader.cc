#include "rows/parquet/reader.h"

#include <arrow/io/file.h>
#include <arrow/record_batch.h>
#include <parquet/arrow/reader.h>
#include <parquet/arrow/schema.h>
#include <parquet/file_reader.h>
#include <parquet/properties.h>

#include <array>
#include <iterator>
#include <numeric>
#include <set>
#include <utility>
#include <vector>

#include "rows/column_choice.h"
#include "rows/input_file.h"
#include "rows/parquet/cells.h"
#include "rows/parquet/guard.h"

namespace martlet::parquet_plugin {
namespace {

/// Few, because each may be megabytes: with the pages they come from, this is what is in memory at
/// a time.
constexpr std::int64_t kBatchRows = 1024;

/// The columns of a row inside the batches that are read, which hold only the columns asked for.
struct BatchColumns {
  int text = -1;
  int pair = -1;
  int label = -1;
};

class ParquetReader final : public TextReader {
 public:
  ParquetReader(
      std::string where, std::unique_ptr<parquet::arrow::FileReader> file,
      std::unique_ptr<arrow::RecordBatchReader> batches, BatchColumns columns
  )
      : where_(std::move(where)),
        file_(std::move(file)),
        batches_(std::move(batches)),
        columns_(columns) {
    progress_.total = static_cast<std::uint64_t>(file_->parquet_reader()->metadata()->num_rows());
  }

  Status read(TextRows& rows) override {
    return guarded(StatusCode::kInvalidInput, where_, [&] { return read_batch(rows); });
  }

  [[nodiscard]] ReadProgress progress() const noexcept override { return progress_; }

 private:
  Status read_batch(TextRows& rows) {
    rows.clear();
    std::shared_ptr<arrow::RecordBatch> batch;
    while (rows.empty()) {
      MARTLET_RETURN_IF_ERROR(
          to_status(batches_->ReadNext(&batch), StatusCode::kInvalidInput, where_)
      );
      if (batch == nullptr) return {};
      MARTLET_RETURN_IF_ERROR(to_status(batch->Validate(), StatusCode::kInvalidInput, where_));
      for (std::int64_t row = 0; row < batch->num_rows(); ++row) {
        ++progress_.done;
        MARTLET_RETURN_IF_ERROR(append(*batch, row, rows));
      }
    }
    return {};
  }

  Status append(const arrow::RecordBatch& batch, std::int64_t index, TextRows& rows) {
    TextRow row;
    std::string label;
    MARTLET_RETURN_IF_ERROR(get(batch, columns_.text, index, row.text, label));
    MARTLET_RETURN_IF_ERROR(get(batch, columns_.pair, index, row.second, label));
    MARTLET_RETURN_IF_ERROR(get(batch, columns_.label, index, row.label, label));
    rows.append(row);
    return {};
  }

  /// A null is an error: an answer for a text that is not there would be made up.
  Status get(
      const arrow::RecordBatch& batch, int column, std::int64_t row, std::string_view& value,
      std::string& scratch
  ) const {
    if (column < 0) return {};
    const auto found = cell(*batch.column(column), row, scratch);
    if (!found) {
      return error(
          StatusCode::kInvalidInput, where_, "row {}, column '{}', got null, expected a value",
          progress_.done, batch.schema()->field(column)->name()
      );
    }
    value = *found;
    return {};
  }

  std::string where_;
  std::unique_ptr<parquet::arrow::FileReader> file_;
  std::unique_ptr<arrow::RecordBatchReader> batches_;
  BatchColumns columns_;
  ReadProgress progress_;
};

Result<std::unique_ptr<parquet::arrow::FileReader>> open_file(const std::filesystem::path& path) {
  const std::string where = path.string();
  const auto checked = InputFile::open(path);  // for what a path can have wrong
  if (!checked) return checked.error();
  auto file = arrow::io::ReadableFile::Open(where);
  if (!file.ok()) return to_status(file.status(), StatusCode::kIo, where);
  auto properties = parquet::default_reader_properties();
  properties.enable_buffered_stream();  // pages as they are needed, not whole row groups
  properties.set_page_checksum_verification(true);
  parquet::ArrowReaderProperties arrow_properties;
  arrow_properties.set_batch_size(kBatchRows);
  arrow_properties.set_pre_buffer(false);
  parquet::arrow::FileReaderBuilder builder;
  MARTLET_RETURN_IF_ERROR(
      to_status(builder.Open(*file, properties), StatusCode::kInvalidInput, where)
  );
  builder.properties(arrow_properties);
  auto reader = builder.Build();
  if (!reader.ok()) return to_status(reader.status(), StatusCode::kInvalidInput, where);
  return std::move(*reader);
}

/// A column's place among the file's leaves. kInvalidInput when it cannot hold what it is wanted
/// for.
Result<int> leaf_of(
    const parquet::arrow::SchemaField& field, bool (*fits)(const arrow::DataType&),
    std::string_view where
) {
  if (field.is_leaf() && fits(*field.field->type())) return field.column_index;
  return error(
      StatusCode::kInvalidInput, where, "column '{}', got values of type {}, expected text",
      field.field->name(), field.field->type()->ToString()
  );
}

struct Selection {
  std::vector<int> leaves;  // ascending, each once: what is read
  BatchColumns columns;     // positions in `leaves`
};

Result<Selection> select_columns(
    const parquet::arrow::SchemaManifest& manifest, const TextColumns& wanted,
    std::string_view where
) {
  std::vector<ColumnInfo> infos;
  for (const auto& field : manifest.schema_fields) {
    infos.push_back({field.field->name(), field.is_leaf() && holds_text(*field.field->type())});
  }
  const auto positions = choose_columns(infos, wanted, where);
  if (!positions) return positions.error();

  std::array<int, 3> chosen{-1, -1, -1};
  const std::array fields{positions->text, positions->pair, positions->label};
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (fields[i] == ColumnPositions::kNone) continue;
    const auto leaf =
        leaf_of(manifest.schema_fields[fields[i]], i == 2 ? holds_labels : holds_text, where);
    if (!leaf) return leaf.error();
    chosen[i] = *leaf;
  }

  std::set<int> leaves(chosen.begin(), chosen.end());
  leaves.erase(-1);
  const auto place = [&](int leaf) {
    return leaf < 0 ? -1 : static_cast<int>(std::distance(leaves.begin(), leaves.find(leaf)));
  };
  return Selection{
      .leaves = {leaves.begin(), leaves.end()},
      .columns = {.text = place(chosen[0]), .pair = place(chosen[1]), .label = place(chosen[2])},
  };
}

Result<std::unique_ptr<TextReader>> open(
    const std::filesystem::path& path, const TextColumns& columns
) {
  const std::string where = path.string();
  auto file = open_file(path);
  if (!file) return file.error();
  const auto selection = select_columns((*file)->manifest(), columns, where);
  if (!selection) return selection.error();
  std::vector<int> row_groups(static_cast<std::size_t>((*file)->num_row_groups()));
  std::iota(row_groups.begin(), row_groups.end(), 0);
  auto batches = (*file)->GetRecordBatchReader(row_groups, selection->leaves);
  if (!batches.ok()) return to_status(batches.status(), StatusCode::kInvalidInput, where);
  return std::make_unique<ParquetReader>(
      where, std::move(*file), std::move(*batches), selection->columns
  );
}

}  // namespace

Result<std::unique_ptr<TextReader>> open_reader(
    const std::filesystem::path& path, const TextColumns& columns
) {
  return guarded(StatusCode::kInvalidInput, path.string(), [&] { return open(path, columns); });
}

}  // namespace martlet::parquet_plugin

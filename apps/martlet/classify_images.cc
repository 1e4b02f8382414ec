// Image classification for `martlet run`: the rows of the input are paths.
#include <algorithm>
#include <span>
#include <string>
#include <vector>

#include "classification_table.h"
#include "core/error.h"
#include "core/mapped_file.h"
#include "engines/graph_options.h"
#include "label_lines.h"
#include "martlet/image_classification.h"
#include "tasks.h"

namespace martlet::cli {
namespace {

/// Files that are open while they are classified.
struct Window {
  std::vector<std::string> paths;
  std::vector<MappedFile> files;
  std::vector<ImageFile> images;

  Status open() {
    files.clear();
    images.clear();
    for (const std::string& path : paths) {
      auto file = MappedFile::open(path);
      if (!file) return file.error();
      files.push_back(*std::move(file));
    }
    for (std::size_t i = 0; i < paths.size(); ++i)
      images.push_back({.name = paths[i], .bytes = files[i].bytes()});
    return {};
  }
};

class Writer {
 public:
  Writer(RunSession& session, std::span<const std::string> labels, ClassificationTable table)
      : session_(session), label_columns_(widest(labels)), table_(std::move(table)) {}

  Status start() {
    if (session_.is_for_eyes()) return {};
    std::vector<ResultColumn> columns{{.name = "file"}};
    for (ResultColumn& column : table_.columns()) columns.push_back(std::move(column));
    return session_.start_table(std::move(columns));
  }

  Status write(const std::string& path, const Classification& result) {
    session_.count(false);
    if (session_.is_for_eyes()) return write_labels(session_, result.top, label_columns_);
    row_.assign(1, std::string_view(path));
    const auto values = table_.row(result);
    row_.insert(row_.end(), values.begin(), values.end());
    return session_.write(row_);
  }

 private:
  RunSession& session_;
  std::size_t label_columns_;
  ClassificationTable table_;
  std::vector<ResultValue> row_;
};

/// Adds the next paths; none: the input is at its end.
Status fill(const TextSource& source, TextBlock& block, std::vector<std::string>& paths) {
  paths.clear();
  block.clear();
  MARTLET_RETURN_IF_ERROR(source(block));
  for (std::size_t i = 0; i < block.size(); ++i) paths.emplace_back(block[i].first);
  return {};
}

}  // namespace

Status classify_images(const RunFlags& flags, RunSession& session) {
  auto executor = graph_executor_options(flags.encoder);
  if (!executor) return executor.error();
  ImageClassificationOptions options;
  options.executor = *std::move(executor);
  options.top_k = flags.top_k.value_or(1);
  options.preprocess = flags.preprocess;
  const auto pipeline = ImageClassificationPipeline::load(flags.model, options);
  if (!pipeline) return pipeline.error();
  const std::size_t labels = pipeline->labels().size();
  const auto top_k = static_cast<std::size_t>(options.top_k);
  const std::size_t top = top_k == 0 ? labels : std::min(top_k, labels);
  Writer writer(session, pipeline->labels(), ClassificationTable(flags.format, labels, top));
  MARTLET_RETURN_IF_ERROR(writer.start());

  const TextSource source = session.source();
  TextBlock block;
  for (Window window;;) {
    MARTLET_RETURN_IF_ERROR(fill(source, block, window.paths));
    if (window.paths.empty()) return {};
    MARTLET_RETURN_IF_ERROR(window.open());
    const auto results = pipeline->run(window.images);
    if (!results) return results.error();
    for (std::size_t i = 0; i < results->size(); ++i)
      MARTLET_RETURN_IF_ERROR(writer.write(window.paths[i], (*results)[i]));
    MARTLET_RETURN_IF_ERROR(session.flush());
  }
}

}  // namespace martlet::cli

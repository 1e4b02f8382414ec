#include "pipelines/image_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/error.h"
#include "engines/tensor_values.h"
#include "formats/graph_file.h"
#include "formats/task_config.h"
#include "images/decode.h"

namespace martlet {
namespace {

namespace fs = std::filesystem;

Result<GraphText> preprocessor_text(const fs::path& model) {
  return model_text(model, onnx_metadata::kPreprocessor, kProcessorConfigName);
}

/// -1 and 0 are dimensions that a run chooses.
bool fits(std::int64_t dimension, std::size_t size) {
  return dimension <= 0 || static_cast<std::size_t>(dimension) == size;
}

bool takes_images(const TensorInfo& input) {
  return input.type == TensorType::kFloat32 && input.shape.size() == 4 &&
         fits(input.shape[1], Image::kChannels);
}

std::string words_for(const TensorInfo& info) {
  return fmt::format("{} {} of {} dimensions", to_string(info.type), info.name, info.shape.size());
}

bool same_size(const PixelValues* a, const PixelValues* b) {
  return a->height == b->height && a->width == b->width;
}

}  // namespace

Result<fs::path> find_graph(const fs::path& model) {
  std::error_code ignored;
  if (!fs::is_directory(model, ignored)) return model;
  for (const char* name : {"model.onnx", "onnx/model.onnx", "model.xml", "openvino_model.xml"}) {
    if (fs::exists(model / name, ignored)) return model / name;
  }
  return error(
      StatusCode::kNotFound, model.string(),
      "got no graph, expected model.onnx, onnx/model.onnx or model.xml: models of images run from "
      "a graph"
  );
}

bool is_image_model(const fs::path& model) { return preprocessor_text(model).has_value(); }

Result<ImageModelFiles> load_image_model_files(const fs::path& model, std::string_view preprocess) {
  auto graph = find_graph(model);
  if (!graph) return graph.error();
  auto text = preprocessor_text(model);
  if (!text) {
    if (text.error().code() != StatusCode::kNotFound || preprocess.empty()) return text.error();
    text = GraphText{"{}", "preprocess"};
  }
  const auto processor = parse_processor_config(text->text, text->where, preprocess);
  if (!processor) return processor.error();
  auto task = load_task_config(model);
  if (!task && task.error().code() != StatusCode::kNotFound) return task.error();
  ImageModelFiles files{.graph = *std::move(graph), .processor = *processor, .labels = {}};
  if (task) files.labels = {std::move(task->labels), std::move(task->problem_type)};
  return files;
}

ImageModel::ImageModel(std::unique_ptr<Executor> executor, const ImageModelFiles& files)
    : executor_(std::move(executor)),
      processor_(files.processor),
      labels_(files.labels.names),
      problem_type_(files.labels.problem_type),
      where_(files.graph.string()) {}

Result<ImageModel> ImageModel::make(
    std::unique_ptr<Executor> executor, const ImageModelFiles& files
) {
  ImageModel model(std::move(executor), files);
  MARTLET_RETURN_IF_ERROR(model.read_signature());
  MARTLET_RETURN_IF_ERROR(model.name_labels());
  return model;
}

Status ImageModel::read_signature() {
  const ModelSignature& signature = executor_->signature();
  if (signature.inputs.size() != 1 || !takes_images(signature.inputs[0])) {
    return error(
        StatusCode::kUnsupported, where_,
        "got {} inputs, {}, expected one: float32 [images, 3, height, width]",
        signature.inputs.size(),
        signature.inputs.empty() ? "none" : words_for(signature.inputs.front())
    );
  }
  input_ = signature.inputs[0];
  const auto named = std::ranges::find(signature.outputs, "logits", &TensorInfo::name);
  if (named == signature.outputs.end() && signature.outputs.size() != 1) {
    return error(
        StatusCode::kUnsupported, where_, "got {} outputs, expected one, or one called logits",
        signature.outputs.size()
    );
  }
  output_ = named == signature.outputs.end() ? signature.outputs[0] : *named;
  if (output_.shape.size() == 2) return {};
  return error(
      StatusCode::kUnsupported, where_, "got the output {}, expected [images, labels]",
      words_for(output_)
  );
}

Status ImageModel::name_labels() {
  const std::int64_t columns = output_.shape[1];
  if (labels_.empty()) {
    for (std::int64_t i = 0; i < columns; ++i) labels_.push_back(fmt::format("LABEL_{}", i));
  }
  if (labels_.empty()) {
    return error(
        StatusCode::kInvalidModel, where_,
        "got an output of any width and no labels, expected a config.json with id2label"
    );
  }
  if (fits(columns, labels_.size())) return {};
  return error(
      StatusCode::kInvalidModel, where_, "labels, got {}, expected {}", labels_.size(), columns
  );
}

Result<PixelValues> ImageModel::read(std::span<const std::byte> file, std::string_view where)
    const {
  const auto image = decode_image(file, where);
  if (!image) return image.error();
  auto pixels = processor_.process(*image);
  if (!pixels) return pixels.error();
  if (fits(input_.shape[2], pixels->height) && fits(input_.shape[3], pixels->width)) return pixels;
  return error(
      StatusCode::kInvalidModel, where_,
      "got {} x {} pixels from preprocessing, expected {} x {} as the graph takes them",
      pixels->height, pixels->width, input_.shape[2], input_.shape[3]
  );
}

Status ImageModel::run(
    std::span<const PixelValues* const> images, std::vector<std::vector<float>>& logits
) const {
  logits.clear();
  const auto most = static_cast<std::size_t>(std::max<std::int64_t>(input_.shape[0], 0));
  while (!images.empty()) {
    std::size_t count = 1;
    while (count < images.size() && count != most && same_size(images[0], images[count])) ++count;
    MARTLET_RETURN_IF_ERROR(run_together(images.first(count), logits));
    images = images.subspan(count);
  }
  return {};
}

/// A graph for a fixed number of images gets black ones for those that are missing.
Status ImageModel::run_together(
    std::span<const PixelValues* const> images, std::vector<std::vector<float>>& logits
) const {
  const PixelValues& first = *images.front();
  const std::size_t rows =
      input_.shape[0] > 0 ? static_cast<std::size_t>(input_.shape[0]) : images.size();
  std::vector<float> values = first.values;
  values.reserve(rows * first.values.size());
  for (const PixelValues* image : images.subspan(1))
    values.insert(values.end(), image->values.begin(), image->values.end());
  values.resize(rows * first.values.size());
  const std::int64_t shape[] = {
      static_cast<std::int64_t>(rows), Image::kChannels, static_cast<std::int64_t>(first.height),
      static_cast<std::int64_t>(first.width)
  };
  const TensorView input{input_.name, input_.type, shape, std::as_bytes(std::span(values))};
  std::vector<NamedTensor> outputs(1);
  outputs[0].name = output_.name;
  MARTLET_RETURN_IF_ERROR(executor_->run(std::span(&input, 1), outputs));
  std::vector<float> all;
  MARTLET_RETURN_IF_ERROR(to_floats(outputs[0], where_, all));
  if (all.size() != rows * labels_.size()) {
    return error(
        StatusCode::kInvalidModel, where_, "output {}, got {} values, expected {} x {}",
        output_.name, all.size(), rows, labels_.size()
    );
  }
  for (std::size_t i = 0; i < images.size(); ++i) {
    const auto row = std::span(all).subspan(i * labels_.size(), labels_.size());
    logits.emplace_back(row.begin(), row.end());
  }
  return {};
}

}  // namespace martlet

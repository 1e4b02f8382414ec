// An image classifier: a graph, how images become its input, and what its outputs are called. The
// pipeline and the server stand on this.
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "images/image_processor.h"
#include "martlet/executor.h"
#include "martlet/text_classification.h"

namespace martlet {

/// What is on disk.
struct ImageModelFiles {
  std::filesystem::path graph;
  ProcessorConfig processor;
  LabelInfo labels;  // no names: config.json is missing or has none
};

/// The graph that MODEL stands for: itself, or model.onnx, onnx/model.onnx or model.xml in it.
/// kNotFound where a directory has none of them.
Result<std::filesystem::path> find_graph(const std::filesystem::path& model);

/// Whether a preprocessor_config.json belongs to the model, which only models of images have.
bool is_image_model(const std::filesystem::path& model);

/// `preprocess`: a JSON object whose keys come before those of preprocessor_config.json, which may
/// then be missing; empty: none.
Result<ImageModelFiles> load_image_model_files(
    const std::filesystem::path& model, std::string_view preprocess
);

/// Safe to use from many threads.
class ImageModel {
 public:
  /// kUnsupported for a graph that does not take [images, 3, height, width] as float32 alone,
  /// kInvalidModel where labels and outputs do not agree.
  static Result<ImageModel> make(std::unique_ptr<Executor> executor, const ImageModelFiles& files);

  [[nodiscard]] std::span<const std::string> labels() const noexcept { return labels_; }
  [[nodiscard]] const std::string& problem_type() const noexcept { return problem_type_; }
  [[nodiscard]] Executor& executor() const noexcept { return *executor_; }
  /// Name, type and shape of the graph's input, and of the output that has the logits.
  [[nodiscard]] const TensorInfo& input() const noexcept { return input_; }
  [[nodiscard]] const TensorInfo& output() const noexcept { return output_; }

  /// What the graph takes for an encoded image. kInvalidInput for one that cannot be decoded or
  /// does not come out in the graph's size.
  [[nodiscard]] Result<PixelValues> read(std::span<const std::byte> file, std::string_view where)
      const;
  /// The logits of each image, [images][labels]. Images of one size run together, as many as the
  /// graph takes.
  Status run(std::span<const PixelValues* const> images, std::vector<std::vector<float>>& logits)
      const;

 private:
  ImageModel(std::unique_ptr<Executor> executor, const ImageModelFiles& files);
  Status read_signature();
  Status name_labels();
  Status run_together(
      std::span<const PixelValues* const> images, std::vector<std::vector<float>>& logits
  ) const;

  std::unique_ptr<Executor> executor_;
  ImageProcessor processor_;
  std::vector<std::string> labels_;
  std::string problem_type_;
  std::string where_;
  TensorInfo input_;
  TensorInfo output_;
};

}  // namespace martlet

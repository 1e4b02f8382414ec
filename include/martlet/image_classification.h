// Image classification as transformers' pipeline does it: JPEG and PNG files in, labels and scores
// out. The model is a graph (.onnx, .xml) with its preprocessor_config.json and config.json.
//
//   auto pipeline = martlet::ImageClassificationPipeline::load("resnet/model.onnx");
//   auto answer = pipeline->run({"cat.jpg", bytes});   // answer->label, answer->score
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "martlet/executor.h"
#include "martlet/export.h"
#include "martlet/status.h"
#include "martlet/text_classification.h"

namespace martlet {

/// A JPEG or PNG file in memory. Does not own.
struct ImageFile {
  std::string_view name;  // for messages
  std::span<const std::byte> bytes;
};

struct ImageClassificationOptions {
  ExecutorOptions executor{};
  /// Labels in Classification::top; 0: all.
  std::int32_t top_k = 1;
  /// Unset: what the model's config says, as for texts.
  std::optional<ScoreFunction> function{};
  /// A JSON object whose keys come before those of preprocessor_config.json, e.g.
  /// {"size": 256, "do_center_crop": true, "crop_size": 224}.
  std::string preprocess{};
  /// Images that run together at most, where the graph takes any number.
  std::size_t batch = 8;
};

/// Immutable after loading: every member is safe to call from many threads.
class MARTLET_API ImageClassificationPipeline {
 public:
  /// `model`: a graph file, or a directory with model.onnx, onnx/model.onnx or model.xml.
  static Result<ImageClassificationPipeline> load(
      const std::filesystem::path& model, const ImageClassificationOptions& options = {}
  );

  ImageClassificationPipeline(ImageClassificationPipeline&&) noexcept;
  ImageClassificationPipeline& operator=(ImageClassificationPipeline&&) noexcept;
  ~ImageClassificationPipeline();

  /// kInvalidInput for a file that is no image, is cut off, or has more than 64 million pixels.
  [[nodiscard]] Result<Classification> run(const ImageFile& image) const;
  /// In the order of the images. They are decoded on all threads, then computed in batches.
  [[nodiscard]] Result<std::vector<Classification>> run(std::span<const ImageFile> images) const;

  /// [labels], in the order of the model's ids.
  [[nodiscard]] std::span<const std::string> labels() const noexcept;

 private:
  struct Impl;
  explicit ImageClassificationPipeline(std::unique_ptr<const Impl> impl);
  std::unique_ptr<const Impl> impl_;
};

}  // namespace martlet

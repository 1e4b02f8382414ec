// A model's answers to a fixed list of texts, with any precision of its layers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <vector>

#include "bench/dataset_bench.h"
#include "calibration/deviation.h"
#include "engines/native/native_encoder.h"
#include "formats/model_directory.h"
#include "martlet/tokenizer.h"

namespace martlet {

class Answering {
 public:
  /// Tokenizes the texts. `options`: of the encoders that it loads, but for the precision.
  static Result<Answering> open(
      const std::filesystem::path& model, const Dataset& dataset, const EncoderOptions& options
  );

  [[nodiscard]] std::size_t layers() const {
    return static_cast<std::size_t>(directory_.config.layers);
  }
  /// [texts]: the right label of each; empty where they are not known.
  [[nodiscard]] const std::vector<std::size_t>& labels() const noexcept { return labels_; }

  Result<std::unique_ptr<NativeEncoder>> load(const PrecisionPlan& plan) const;
  /// Of the first `texts` texts, or of all if there are fewer.
  Result<Answers> answers(NativeEncoder& encoder, std::size_t texts) const;
  /// Where all answers of one kind of use are wanted: logits, else the embedding.
  [[nodiscard]] OutputKind main_output(const NativeEncoder& encoder) const;

 private:
  Answering(ModelDirectory directory, EncoderOptions options)
      : directory_(std::move(directory)), options_(std::move(options)) {}

  Status read_labels(const Dataset& dataset);
  Status run(NativeEncoder& encoder, OutputKind output, std::size_t texts, Rows& rows) const;

  ModelDirectory directory_;
  EncoderOptions options_;
  Encodings encodings_;
  std::vector<std::size_t> labels_;
};

}  // namespace martlet

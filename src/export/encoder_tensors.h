// The weights of an encoder by what they are for, as fp32 and in the order of the checkpoint.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <utility>
#include <vector>

#include "engines/native/family.h"
#include "formats/checkpoint.h"
#include "formats/hf_config.h"
#include "martlet/status.h"

namespace martlet {

struct DenseTensors {
  FloatTensor weight;  // [outputs, inputs]
  FloatTensor bias;    // [outputs]
  std::int64_t outputs = 0;
  std::int64_t inputs = 0;
};

struct NormTensors {
  FloatTensor gamma;
  FloatTensor beta;
};

struct LayerTensors {
  DenseTensors query;
  DenseTensors key;
  DenseTensors value;
  DenseTensors attention_out;
  NormTensors attention_norm;
  DenseTensors ff_in;
  DenseTensors ff_out;
  NormTensors ff_norm;
};

struct EncoderTensors {
  EncoderTensors(HfConfig model_config, Checkpoint model_checkpoint)
      : config(std::move(model_config)), checkpoint(std::move(model_checkpoint)) {}

  HfConfig config;
  Activation activation = Activation::kGelu;       // between ff_in and ff_out
  Activation head_activation = Activation::kTanh;  // between head_dense and classifier

  FloatTensor word_embeddings;      // [vocab_size, embedding_size]
  FloatTensor position_embeddings;  // [max_positions, embedding_size]
  FloatTensor type_embeddings;      // [type_vocab_size, embedding_size], or empty
  NormTensors embedding_norm;
  std::vector<float> relative_bias;                  // see read_relative_bias
  std::optional<DenseTensors> embedding_projection;  // where embedding_size is not hidden_size
  std::vector<LayerTensors> layers;

  std::optional<DenseTensors> pooler;      // dense + tanh on the first token
  std::optional<DenseTensors> head_dense;  // of a sequence classifier
  std::optional<DenseTensors> classifier;
  bool classifies_tokens = false;

  [[nodiscard]] bool typed() const noexcept { return !type_embeddings.values().empty(); }

  Checkpoint checkpoint;  // owns the bytes that the tensors may point into
};

/// Reads the model in `directory`, with `adapter` merged where that is not empty.
Result<EncoderTensors> read_encoder_tensors(
    const std::filesystem::path& directory, const std::filesystem::path& adapter
);

}  // namespace martlet

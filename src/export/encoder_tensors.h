// A model as it is exported: all of its weights, and what says how they go together.
#pragma once

#include <filesystem>
#include <utility>
#include <vector>

#include "engines/native/family_tensors.h"
#include "formats/checkpoint.h"
#include "formats/hf_config.h"
#include "martlet/status.h"

namespace martlet {

struct EncoderTensors {
  EncoderTensors(
      HfConfig model_config, const Architecture& model_architecture, Checkpoint model_checkpoint
  )
      : config(std::move(model_config)),
        architecture(model_architecture),
        checkpoint(std::move(model_checkpoint)) {}

  HfConfig config;
  Architecture architecture;
  EmbeddingTensors embeddings;
  std::vector<LayerTensors> layers;
  HeadTensors head;
  Checkpoint checkpoint;  // owns the bytes that the tensors may point into
};

/// Reads the model in `directory`, with `adapter` merged where that is not empty.
Result<EncoderTensors> read_encoder_tensors(
    const std::filesystem::path& directory, const std::filesystem::path& adapter
);

}  // namespace martlet

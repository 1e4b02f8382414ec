// preprocessor_config.json: what a model was trained to see.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "images/resize.h"
#include "martlet/status.h"

namespace martlet {

/// What happens to an image before the model gets it, in this order. Defaults: nothing but
/// rescaling.
struct ProcessorConfig {
  enum class Sizing {
    kNone,
    kExact,         // to height x width
    kShortestEdge,  // so that the shorter side is `shortest_edge` long
  };

  Sizing sizing = Sizing::kNone;
  std::int32_t shortest_edge = 0;
  std::int32_t height = 0;
  std::int32_t width = 0;
  Resample resample = Resample::kBilinear;

  bool crop = false;  // the center, where the image is smaller within black
  std::int32_t crop_height = 0;
  std::int32_t crop_width = 0;

  double rescale = 1.0 / 255;  // times this; 1: not at all
  std::array<float, 3> mean{0, 0, 0};
  std::array<float, 3> std{1, 1, 1};
};

/// Reads what transformers' image processors write (those of ViT, DeiT, BEiT, CLIP, SigLIP, BiT,
/// MobileNet, ConvNeXT and of models that use theirs, as Swin and ResNet do). A key in `overrides`,
/// a JSON object or nothing, comes before the file's. kUnsupported for a processor that does more,
/// kInvalidModel for what is malformed.
Result<ProcessorConfig> parse_processor_config(
    std::string_view json, std::string_view where, std::string_view overrides = {}
);

inline constexpr std::string_view kProcessorConfigName = "preprocessor_config.json";

}  // namespace martlet

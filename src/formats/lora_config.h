// adapter_config.json of a PEFT LoRA adapter: what changes the numbers of a merged model.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "martlet/status.h"

namespace martlet {

struct LoraConfig {
  std::int32_t rank = 8;
  double alpha = 8;
  bool rank_stabilized = false;  // "use_rslora": alpha / sqrt(rank) instead of alpha / rank
  /// Exceptions by module name, in the file's order: the first that matches counts.
  std::vector<std::pair<std::string, std::int32_t>> rank_pattern;
  std::vector<std::pair<std::string, double>> alpha_pattern;
  std::vector<std::string> modules_to_save;  // modules whose weights the adapter replaces or adds
  std::string task_type;                     // "SEQ_CLS"; may be empty

  /// Of the module with this path ("bert.encoder.layer.0.output.dense").
  [[nodiscard]] std::int32_t rank_of(std::string_view module) const;
  /// What B * A is multiplied by before it is added to the weight.
  [[nodiscard]] double scale_of(std::string_view module) const;
};

/// kInvalidModel for what is malformed; kUnsupported for another kind of adapter, and for any
/// setting that could change the merged numbers in a way martlet does not follow.
Result<LoraConfig> parse_lora_config(std::string_view json, std::string_view where);

/// From DIRECTORY/adapter_config.json.
Result<LoraConfig> load_lora_config(const std::filesystem::path& directory);

}  // namespace martlet

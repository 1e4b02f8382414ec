// A PEFT LoRA adapter directory: for some weights of a base model a low-rank update, for others a
// replacement.
#pragma once

#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "formats/lora_config.h"
#include "formats/safetensors.h"
#include "martlet/status.h"

namespace martlet {

/// weight += scale * b * a, for a weight of shape [outputs, inputs].
struct LoraDelta {
  const Tensor* a = nullptr;  // [rank, inputs]
  const Tensor* b = nullptr;  // [outputs, rank]
  double scale = 1;
};

class LoraAdapter {
 public:
  /// Reads adapter_config.json and adapter_model.safetensors, and checks that every tensor is half
  /// of a pair of the configured rank or a replacement.
  static Result<LoraAdapter> open(const std::filesystem::path& directory);

  [[nodiscard]] const LoraConfig& config() const noexcept { return config_; }
  /// By the name of the weight in the model that was trained
  /// ("bert.encoder.layer.0.output.dense.weight").
  [[nodiscard]] const std::map<std::string, LoraDelta>& deltas() const noexcept { return deltas_; }
  /// Whole tensors, by the same kind of name ("classifier.bias").
  [[nodiscard]] const std::map<std::string, const Tensor*>& replacements() const noexcept {
    return replacements_;
  }
  /// Whether modules_to_save names the module of this tensor.
  [[nodiscard]] bool may_add(std::string_view name) const;

 private:
  Status add(const Tensor& tensor, std::string_view where);
  Status check(const std::string& name, LoraDelta& delta, std::string_view where) const;

  LoraConfig config_;
  Safetensors file_;  // the tensors below are its
  std::map<std::string, LoraDelta> deltas_;
  std::map<std::string, const Tensor*> replacements_;
};

/// Adds the update to `weight`, row-major [outputs, inputs]. Sums in fp64, rounds once.
Status apply_delta(const LoraDelta& delta, std::span<float> weight);

}  // namespace martlet

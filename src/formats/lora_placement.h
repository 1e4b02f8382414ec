// Which tensor of a base checkpoint each tensor of an adapter is for.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

#include "formats/lora.h"
#include "formats/safetensors.h"
#include "martlet/status.h"

namespace martlet {

using TensorIndex = std::unordered_map<std::string, const Tensor*>;

/// An adapter's tensors under the base's names.
struct LoraPlacement {
  std::unordered_map<std::string, const LoraDelta*> deltas;
  TensorIndex replacements;  // the base may not have them yet: a new classifier
};

/// The rule for names. A task model keeps its encoder under `prefix` ("bert."), a bare encoder is
/// saved without it, and an adapter is often trained on the one and merged into the other. So an
/// adapter's tensor belongs to the base's tensor of the same name, else of the name without
/// `prefix`, else with it. What has no place then is new: it must belong to the adapter's
/// modules_to_save, and drops `prefix` if nothing in the base has it.
///
/// kInvalidModel when a tensor has no place, two have the same, or the shapes do not fit.
Result<LoraPlacement> place_adapter(
    const LoraAdapter& adapter, const TensorIndex& base, std::string_view prefix,
    std::string_view where
);

}  // namespace martlet

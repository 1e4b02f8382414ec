#include "formats/lora_placement.h"

#include <algorithm>
#include <optional>
#include <unordered_set>

#include "core/error.h"
#include "formats/json.h"

namespace martlet {
namespace {

std::string without(std::string_view prefix, std::string_view name) {
  if (name.starts_with(prefix)) name.remove_prefix(prefix.size());
  return std::string(name);
}

/// The names under which the base may have what the adapter calls `name`, best first.
std::vector<std::string> candidates(std::string_view name, std::string_view prefix) {
  return {std::string(name), without(prefix, name), std::string(prefix).append(name)};
}

class Placer {
 public:
  Placer(
      const LoraAdapter& adapter, const TensorIndex& base, std::string_view prefix,
      std::string_view where
  )
      : adapter_(adapter),
        base_(base),
        prefix_(prefix),
        where_(where),
        base_has_prefix_(std::ranges::any_of(base, [&](const auto& entry) {
          return entry.first.starts_with(prefix);
        })) {}

  Result<LoraPlacement> place() {
    LoraPlacement placement;
    for (const auto& [name, delta] : adapter_.deltas()) {
      const auto place = find(name);
      MARTLET_RETURN_IF_ERROR(take(name, place));
      MARTLET_RETURN_IF_ERROR(check_fit(name, delta, *base_.at(*place)));
      placement.deltas.emplace(*place, &delta);
    }
    for (const auto& [name, tensor] : adapter_.replacements()) {
      auto place = find(name);
      if (!place && adapter_.may_add(name)) place = new_name(name);
      MARTLET_RETURN_IF_ERROR(take(name, place));
      placement.replacements.emplace(*place, tensor);
    }
    return placement;
  }

 private:
  std::optional<std::string> find(std::string_view name) const {
    for (std::string& candidate : candidates(name, prefix_)) {
      if (base_.contains(candidate)) return std::move(candidate);
    }
    return std::nullopt;
  }

  std::string new_name(std::string_view name) const {
    return base_has_prefix_ ? std::string(name) : without(prefix_, name);
  }

  Status take(const std::string& name, const std::optional<std::string>& place) {
    if (!place) {
      return error(
          StatusCode::kInvalidModel, where_,
          "got the tensor {}, for which the base model has no place", in_quotes(name)
      );
    }
    if (taken_.insert(*place).second) return {};
    return error(
        StatusCode::kInvalidModel, where_, "got the tensor {}, but another is already for {}",
        in_quotes(name), in_quotes(*place)
    );
  }

  Status check_fit(const std::string& name, const LoraDelta& delta, const Tensor& weight) const {
    const std::vector<std::int64_t> expected{delta.b->shape[0], delta.a->shape[1]};
    if (weight.shape == expected) return {};
    return error(
        StatusCode::kInvalidModel, where_, "{}: got an update of shape [{}], expected [{}]",
        in_quotes(name), fmt::join(expected, ", "), fmt::join(weight.shape, ", ")
    );
  }

  const LoraAdapter& adapter_;
  const TensorIndex& base_;
  std::string_view prefix_;
  std::string_view where_;
  bool base_has_prefix_;
  std::unordered_set<std::string> taken_;
};

}  // namespace

Result<LoraPlacement> place_adapter(
    const LoraAdapter& adapter, const TensorIndex& base, std::string_view prefix,
    std::string_view where
) {
  return Placer(adapter, base, prefix, where).place();
}

}  // namespace martlet

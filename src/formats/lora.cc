#include "formats/lora.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "core/error.h"
#include "formats/json.h"

namespace martlet {
namespace {

constexpr std::string_view kRoot = "base_model.model.";
constexpr std::string_view kWeight = ".weight";

bool is_float(const Tensor& tensor) {
  return tensor.dtype == Dtype::kF32 || tensor.dtype == Dtype::kF16 || tensor.dtype == Dtype::kBf16;
}

/// "a.lora_A.weight" and "a.lora_A.default.weight" end in ".lora_A" here; gives "a", or nothing.
std::optional<std::string> module_of(std::string_view name, std::string_view half) {
  for (const std::string_view end : {".weight", ".default.weight"}) {
    const std::string whole = std::string(half).append(end);
    if (name.ends_with(whole)) return std::string(name.substr(0, name.size() - whole.size()));
  }
  return std::nullopt;
}

/// "classifier.modules_to_save.default.weight" is how PEFT's wrapper calls "classifier.weight".
std::string without_wrapper(std::string_view name) {
  std::string plain(name);
  for (const std::string_view wrapper : {".modules_to_save.default.", ".modules_to_save."}) {
    const std::size_t at = plain.find(wrapper);
    if (at != std::string::npos) return plain.replace(at, wrapper.size(), ".");
  }
  return plain;
}

std::vector<float> floats_of(const Tensor& tensor, Status& status) {
  std::vector<float> values(static_cast<std::size_t>(tensor.elements()));
  if (status.ok()) status = to_f32(tensor, values);
  return values;
}

}  // namespace

Result<LoraAdapter> LoraAdapter::open(const std::filesystem::path& directory) {
  auto config = load_lora_config(directory);
  if (!config) return config.status();
  const std::filesystem::path path = directory / "adapter_model.safetensors";
  auto file = Safetensors::open(path);
  if (!file) return file.status();

  LoraAdapter adapter;
  adapter.config_ = std::move(*config);
  adapter.file_ = std::move(*file);
  const std::string where = path.string();
  for (const Tensor& tensor : adapter.file_.tensors()) {
    MARTLET_RETURN_IF_ERROR(adapter.add(tensor, where));
  }
  for (auto& [name, delta] : adapter.deltas_) {
    MARTLET_RETURN_IF_ERROR(adapter.check(name, delta, where));
  }
  return adapter;
}

Status LoraAdapter::add(const Tensor& tensor, std::string_view where) {
  const auto reject = [&](StatusCode code, std::string_view got, std::string_view expected) {
    return error(
        code, where, "tensor {}: got {}, expected {}", in_quotes(tensor.name), got, expected
    );
  };
  std::string_view name = tensor.name;
  if (!name.starts_with(kRoot)) {
    return reject(
        StatusCode::kInvalidModel, "this name", fmt::format("one that starts with {}", kRoot)
    );
  }
  name.remove_prefix(kRoot.size());
  if (!is_float(tensor)) {
    return reject(StatusCode::kUnsupported, to_string(tensor.dtype), "F32, F16 or BF16");
  }
  bool fresh = false;
  if (const auto module = module_of(name, ".lora_A")) {
    const Tensor*& a = deltas_[std::string(*module).append(kWeight)].a;
    fresh = std::exchange(a, &tensor) == nullptr;
  } else if (const auto of_b = module_of(name, ".lora_B")) {
    const Tensor*& b = deltas_[std::string(*of_b).append(kWeight)].b;
    fresh = std::exchange(b, &tensor) == nullptr;
  } else if (name.find("lora_") != std::string_view::npos) {
    return reject(StatusCode::kUnsupported, "this kind of tensor", "lora_A and lora_B weights");
  } else {
    fresh = replacements_.emplace(without_wrapper(name), &tensor).second;
  }
  if (fresh) return {};
  return reject(StatusCode::kInvalidModel, "a second tensor for its place", "one");
}

/// Both halves are there and fit each other; fills in the scale.
Status LoraAdapter::check(const std::string& name, LoraDelta& delta, std::string_view where) const {
  if (delta.a == nullptr || delta.b == nullptr) {
    return error(
        StatusCode::kInvalidModel, where, "{}: got no {}, expected both lora_A and lora_B",
        in_quotes(name), delta.a == nullptr ? "lora_A" : "lora_B"
    );
  }
  if (replacements_.contains(name)) {
    return error(
        StatusCode::kInvalidModel, where, "{}: got an update and a replacement, expected one",
        in_quotes(name)
    );
  }
  const std::string_view module = std::string_view(name).substr(0, name.size() - kWeight.size());
  const std::int32_t rank = config_.rank_of(module);
  const auto& a = delta.a->shape;
  const auto& b = delta.b->shape;
  if (a.size() != 2 || b.size() != 2 || a[0] != rank || b[1] != rank) {
    return error(
        StatusCode::kInvalidModel, where,
        "{}: got lora_A [{}] and lora_B [{}], expected [{}, inputs] and [outputs, {}]",
        in_quotes(name), fmt::join(a, ", "), fmt::join(b, ", "), rank, rank
    );
  }
  delta.scale = config_.scale_of(module);
  return {};
}

bool LoraAdapter::may_add(std::string_view name) const {
  const std::string dotted = fmt::format(".{}", name);
  return std::ranges::any_of(config_.modules_to_save, [&](const std::string& module) {
    return dotted.find(fmt::format(".{}.", module)) != std::string::npos;
  });
}

Status apply_delta(const LoraDelta& delta, std::span<float> weight) {
  Status status;
  const std::vector<float> a = floats_of(*delta.a, status);
  const std::vector<float> b = floats_of(*delta.b, status);
  MARTLET_RETURN_IF_ERROR(status);
  const auto rank = static_cast<std::size_t>(delta.a->shape[0]);
  const auto inputs = static_cast<std::size_t>(delta.a->shape[1]);
  const auto outputs = static_cast<std::size_t>(delta.b->shape[0]);
  std::vector<double> row(inputs);
  for (std::size_t o = 0; o < outputs; ++o) {
    std::ranges::fill(row, 0.0);
    for (std::size_t r = 0; r < rank; ++r) {
      const double factor = static_cast<double>(b[o * rank + r]) * delta.scale;
      for (std::size_t i = 0; i < inputs; ++i) {
        row[i] += factor * static_cast<double>(a[r * inputs + i]);
      }
    }
    float* out = weight.data() + o * inputs;
    for (std::size_t i = 0; i < inputs; ++i) {
      out[i] = static_cast<float>(static_cast<double>(out[i]) + row[i]);
    }
  }
  return {};
}

}  // namespace martlet

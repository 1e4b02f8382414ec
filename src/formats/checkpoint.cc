#include "formats/checkpoint.h"

#include <algorithm>
#include <optional>
#include <unordered_map>

#include "core/error.h"
#include "formats/hf_config.h"
#include "formats/json.h"
#include "formats/lora.h"
#include "formats/lora_placement.h"

namespace martlet {
namespace {

constexpr std::string_view kSingleFile = "model.safetensors";
constexpr std::string_view kIndexFile = "model.safetensors.index.json";
constexpr std::size_t kMaxShards = 1000;

/// Tensor name to the file name of its shard.
using WeightMap = std::map<std::string, std::string>;

/// A shard's name is a name in the model's directory and nothing that could lead out of it. (The
/// directory itself is trusted: its files may be symbolic links, as in the Hugging Face cache.)
bool is_plain_name(std::string_view name) {
  return !name.empty() && name != "." && name != ".." &&
         name.find_first_of(std::string_view("/\\\0", 3)) == std::string_view::npos;
}

Result<WeightMap> load_index(const std::filesystem::path& path) {
  const auto root = load_json_object(path, {.unique_keys = true});
  if (!root) return root.status();
  JsonReader reader(*root, path.string());
  reader.require("weight_map");
  const auto* weight_map = reader.object("weight_map");
  MARTLET_RETURN_IF_ERROR(reader.status());
  WeightMap shard_of;
  for (const auto& entry : *weight_map) {
    const auto* shard = entry.value().if_string();
    if (shard == nullptr || !is_plain_name(*shard)) {
      return error(
          StatusCode::kInvalidModel, path.string(),
          "weight_map: {}: got {}, expected the name of a file in the same directory",
          in_quotes(entry.key()), describe(entry.value())
      );
    }
    shard_of.emplace(entry.key(), *shard);
  }
  return shard_of;
}

/// The names that TensorFlow gave LayerNorm's parameters live on in old BERT checkpoints.
/// transformers renames them, too.
std::string modern_name(std::string_view name) {
  for (const auto& [old_end, new_end] :
       {std::pair<std::string_view, std::string_view>{"LayerNorm.gamma", "LayerNorm.weight"},
        {"LayerNorm.beta", "LayerNorm.bias"}}) {
    if (name.ends_with(old_end)) {
      return std::string(name.substr(0, name.size() - old_end.size())).append(new_end);
    }
  }
  return std::string(name);
}

bool is_viewable(const Tensor& tensor) {
  return tensor.dtype == Dtype::kF32 &&
         reinterpret_cast<std::uintptr_t>(tensor.data.data()) % alignof(float) == 0;
}

}  // namespace

struct Checkpoint::Impl {
  std::filesystem::path directory;
  std::vector<Safetensors> files;
  TensorIndex by_name;
  std::optional<LoraAdapter> adapter;
  std::unordered_map<std::string, const LoraDelta*> deltas;  // by the base's name

  Status open_single(const std::filesystem::path& path);
  Status open_shards(const std::filesystem::path& index_path);
  /// Opens one shard and checks that it and `shard_of` say the same.
  Status open_shard(const std::string& name, const WeightMap& shard_of);
  Status add(const Tensor& tensor, const std::filesystem::path& path);

  Status open_adapter(const std::filesystem::path& path);
};

Status Checkpoint::Impl::add(const Tensor& tensor, const std::filesystem::path& path) {
  if (by_name.emplace(modern_name(tensor.name), &tensor).second) return {};
  return error(
      StatusCode::kInvalidModel, path.string(), "got the tensor {} a second time",
      in_quotes(tensor.name)
  );
}

Status Checkpoint::Impl::open_single(const std::filesystem::path& path) {
  auto file = Safetensors::open(path);
  if (!file) return file.status();
  files.push_back(std::move(*file));
  for (const Tensor& tensor : files.back().tensors()) MARTLET_RETURN_IF_ERROR(add(tensor, path));
  return {};
}

Status Checkpoint::Impl::open_shard(const std::string& name, const WeightMap& shard_of) {
  const std::filesystem::path path = directory / name;
  MARTLET_RETURN_IF_ERROR(open_single(path));
  for (const Tensor& tensor : files.back().tensors()) {
    const auto entry = shard_of.find(tensor.name);
    if (entry != shard_of.end() && entry->second == name) continue;
    return error(
        StatusCode::kInvalidModel, path.string(), "got the tensor {}, expected it in {} by {}",
        in_quotes(tensor.name),
        entry == shard_of.end() ? std::string("no shard") : in_quotes(entry->second), kIndexFile
    );
  }
  return {};
}

Status Checkpoint::Impl::open_shards(const std::filesystem::path& index_path) {
  const auto shard_of = load_index(index_path);
  if (!shard_of) return shard_of.status();
  std::vector<std::string> names;
  for (const auto& entry : *shard_of) names.push_back(entry.second);
  std::ranges::sort(names);
  names.erase(std::ranges::unique(names).begin(), names.end());
  if (names.size() > kMaxShards) {
    return error(
        StatusCode::kInvalidModel, index_path.string(), "got {} shards, expected at most {}",
        names.size(), kMaxShards
    );
  }
  std::size_t found = 0;
  for (const std::string& name : names) {
    MARTLET_RETURN_IF_ERROR(open_shard(name, *shard_of));
    found += files.back().tensors().size();
  }
  if (found == shard_of->size()) return {};
  for (const auto& [tensor, shard] : *shard_of) {
    if (by_name.contains(modern_name(tensor))) continue;
    return error(
        StatusCode::kInvalidModel, (directory / shard).string(),
        "got no tensor {}, expected it by {}", in_quotes(tensor), kIndexFile
    );
  }
  return {};
}

Status Checkpoint::Impl::open_adapter(const std::filesystem::path& path) {
  const auto config = load_hf_config(directory);
  if (!config) return config.status();
  auto opened = LoraAdapter::open(path);
  if (!opened) return opened.status();
  adapter = std::move(*opened);
  auto placed =
      place_adapter(*adapter, by_name, base_model_prefix(config->model_type), path.string());
  if (!placed) return placed.status();
  deltas = std::move(placed->deltas);
  for (const auto& [name, tensor] : placed->replacements) by_name[name] = tensor;
  return {};
}

Checkpoint::Checkpoint(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Checkpoint::Checkpoint(Checkpoint&&) noexcept = default;
Checkpoint& Checkpoint::operator=(Checkpoint&&) noexcept = default;
Checkpoint::~Checkpoint() = default;

Result<Checkpoint> Checkpoint::open(
    const std::filesystem::path& directory, const std::filesystem::path& adapter
) {
  auto impl = std::make_unique<Impl>();
  impl->directory = directory;
  std::error_code code;
  if (std::filesystem::exists(directory / kSingleFile, code)) {
    MARTLET_RETURN_IF_ERROR(impl->open_single(directory / kSingleFile));
  } else if (std::filesystem::exists(directory / kIndexFile, code)) {
    MARTLET_RETURN_IF_ERROR(impl->open_shards(directory / kIndexFile));
  } else if (code) {
    return error(StatusCode::kIo, directory.string(), "cannot look inside: {}", code.message());
  } else {
    return error(
        StatusCode::kNotFound, directory.string(), "got no weights, expected {} or {}", kSingleFile,
        kIndexFile
    );
  }
  if (!adapter.empty()) MARTLET_RETURN_IF_ERROR(impl->open_adapter(adapter));
  return Checkpoint(std::move(impl));
}

bool Checkpoint::has(std::string_view name) const { return find(name) != nullptr; }

Result<FloatTensor> Checkpoint::read(std::string_view name, std::span<const std::int64_t> shape)
    const {
  const auto entry = impl_->by_name.find(std::string(name));
  if (entry == impl_->by_name.end()) {
    return error(
        StatusCode::kInvalidModel, impl_->directory.string(), "got no tensor {}", in_quotes(name)
    );
  }
  const Tensor& tensor = *entry->second;
  if (!std::ranges::equal(tensor.shape, shape)) {
    return error(
        StatusCode::kInvalidModel, impl_->directory.string(),
        "tensor {}: got shape [{}], expected [{}]", in_quotes(name), fmt::join(tensor.shape, ", "),
        fmt::join(shape, ", ")
    );
  }
  const auto delta = impl_->deltas.find(entry->first);
  if (delta == impl_->deltas.end() && is_viewable(tensor)) {
    return FloatTensor(std::span(
        reinterpret_cast<const float*>(tensor.data.data()),
        static_cast<std::size_t>(tensor.elements())
    ));
  }
  std::vector<float> values(static_cast<std::size_t>(tensor.elements()));
  MARTLET_RETURN_IF_ERROR(to_f32(tensor, values));
  if (delta != impl_->deltas.end()) {
    MARTLET_RETURN_IF_ERROR(apply_delta(*delta->second, values));
  }
  return FloatTensor(std::move(values));
}

const Tensor* Checkpoint::find(std::string_view name) const {
  const auto entry = impl_->by_name.find(std::string(name));
  return entry == impl_->by_name.end() ? nullptr : entry->second;
}

void Checkpoint::release_pages() const noexcept {
  for (const Safetensors& file : impl_->files) file.release_pages();
}

std::vector<std::string> Checkpoint::names() const {
  std::vector<std::string> all;
  all.reserve(impl_->by_name.size());
  for (const auto& entry : impl_->by_name) all.push_back(entry.first);
  std::ranges::sort(all);
  return all;
}

std::vector<const Tensor*> Checkpoint::tensors() const {
  std::vector<const Tensor*> all;
  for (const Safetensors& file : impl_->files) {
    for (const Tensor& tensor : file.tensors()) all.push_back(&tensor);
  }
  return all;
}

}  // namespace martlet

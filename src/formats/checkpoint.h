// The weights of a model directory, by name: one safetensors file or a sharded index, with a LoRA
// adapter merged on the way out when there is one.
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "formats/safetensors.h"
#include "martlet/status.h"

namespace martlet {

/// fp32 values that are either a view into the mapped file or owned here.
class FloatTensor {
 public:
  FloatTensor() = default;
  explicit FloatTensor(std::vector<float> owned) : owned_(std::move(owned)), view_(owned_) {}
  explicit FloatTensor(std::span<const float> view) : view_(view) {}
  FloatTensor(FloatTensor&&) noexcept = default;  // moving a vector keeps its data where it is
  FloatTensor& operator=(FloatTensor&&) noexcept = default;

  [[nodiscard]] std::span<const float> values() const noexcept { return view_; }
  /// Of memory that somebody else owns.
  [[nodiscard]] bool is_view() const noexcept { return owned_.empty(); }

 private:
  std::vector<float> owned_;
  std::span<const float> view_;
};

class Checkpoint {
 public:
  /// `directory` (trusted: its files may be symbolic links, as in the Hugging Face cache) holds
  /// model.safetensors or model.safetensors.index.json; `adapter`, when not
  /// empty, a PEFT LoRA adapter (adapter_config.json, adapter_model.safetensors) whose every tensor
  /// must find its place.
  static Result<Checkpoint> open(
      const std::filesystem::path& directory, const std::filesystem::path& adapter = {}
  );

  Checkpoint(Checkpoint&&) noexcept;
  Checkpoint& operator=(Checkpoint&&) noexcept;
  ~Checkpoint();

  [[nodiscard]] bool has(std::string_view name) const;
  /// The tensor `name`, adapter merged, as fp32; a view without a copy where the file's bytes allow
  /// it (valid while this Checkpoint lives). kInvalidModel when it is missing or its shape is not
  /// `shape`.
  Result<FloatTensor> read(std::string_view name, std::span<const std::int64_t> shape) const;
  /// Type and shape of the tensor `name`: what the adapter replaces it with, else as stored
  /// (without the adapter's update). nullptr when it is missing.
  [[nodiscard]] const Tensor* find(std::string_view name) const;
  /// Every name that read() knows, those an adapter adds included, sorted.
  [[nodiscard]] std::vector<std::string> names() const;
  /// As stored, adapter not applied, in file order.
  [[nodiscard]] std::vector<const Tensor*> tensors() const;

  /// See MappedFile; for when everything has been read once.
  void release_pages() const noexcept;

 private:
  struct Impl;
  explicit Checkpoint(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace martlet

// The interface engines stand behind that run any graph: named tensors in, named tensors out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "martlet/export.h"
#include "martlet/status.h"

namespace martlet {

enum class TensorType {
  kFloat32,
  kFloat16,
  kBfloat16,
  kFloat64,
  kInt8,
  kUint8,
  kInt16,
  kUint16,
  kInt32,
  kUint32,
  kInt64,
  kUint64,
  kBool,
};

/// "float32", "int64", ... Static storage.
MARTLET_API std::string_view to_string(TensorType type) noexcept;
MARTLET_API std::size_t size_of(TensorType type) noexcept;

struct TensorInfo {
  std::string name;
  TensorType type = TensorType::kFloat32;
  std::vector<int64_t> shape;  // -1: each run chooses
};

struct ModelSignature {
  std::vector<TensorInfo> inputs;
  std::vector<TensorInfo> outputs;
};

/// A tensor of the caller's, row-major. Does not own.
struct TensorView {
  std::string_view name;
  TensorType type = TensorType::kFloat32;
  std::span<const int64_t> shape;
  std::span<const std::byte> data;
};

/// A tensor that owns its values.
struct NamedTensor {
  std::string name{};
  TensorType type = TensorType::kFloat32;
  std::vector<int64_t> shape{};
  std::vector<std::byte> data{};

  [[nodiscard]] TensorView view() const noexcept { return {name, type, shape, data}; }
};

/// A loaded graph. `run` is safe to call from many threads, which share the weights.
class MARTLET_API Executor {
 public:
  virtual ~Executor() = default;
  [[nodiscard]] virtual const ModelSignature& signature() const noexcept = 0;
  /// Computes the outputs whose names `outputs` has, in its order; all of them where it is empty.
  /// kInvalidArgument for names, types or shapes the graph does not have.
  virtual Status run(std::span<const TensorView> inputs, std::vector<NamedTensor>& outputs) = 0;
};

struct ExecutorOptions {
  std::string engine = "onnxruntime";
  /// Threads of a run; 0: as many as this process may use.
  int threads = 0;
  /// The engine's own settings by name; docs/engines.md lists them.
  std::map<std::string, std::string> settings{};
};

/// Loads the graph in the file `model`.
MARTLET_API Result<std::unique_ptr<Executor>> load_executor(
    const std::filesystem::path& model, const ExecutorOptions& options = {}
);

}  // namespace martlet

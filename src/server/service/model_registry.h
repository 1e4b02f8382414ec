// The models of a server by name: loaded, replaced and unloaded while others answer.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "martlet/encoder.h"
#include "martlet/status.h"
#include "server/service/served_model.h"
#include "server/service/serving_options.h"

namespace martlet {

/// Which model to serve under which name.
struct ModelSpec {
  std::string name;
  std::filesystem::path directory;
};

/// "NAME=PATH", or a path whose last part is then the name. kInvalidArgument for an empty name or
/// path and for a name with a slash or a control character in it.
Result<ModelSpec> parse_model_spec(std::string_view text);

enum class ModelState { kLoading, kReady, kUnavailable };

/// "LOADING", "READY", "UNAVAILABLE": the words of the V2 repository index. Static
/// storage.
std::string_view to_string(ModelState state) noexcept;

struct ModelEntry {
  std::string name;
  ModelState state = ModelState::kLoading;
  std::string reason;  // of an unavailable model; no paths
};

/// Safe to call from many threads. A model that was found stays usable for as long as it is held,
/// whatever happens to its name.
class ModelRegistry {
 public:
  virtual ~ModelRegistry() = default;

  /// The model of that name, if it is ready; null otherwise.
  [[nodiscard]] virtual std::shared_ptr<ServedModel> find(std::string_view name) const = 0;
  /// Whether a model can answer what is asked.
  using Fits = bool (*)(const ModelInfo& info);
  /// The only model that is ready and fits (null: any does); null when there are none or several.
  [[nodiscard]] virtual std::shared_ptr<ServedModel> only(Fits fits = nullptr) const = 0;
  /// All names, in order.
  [[nodiscard]] virtual std::vector<ModelEntry> index() const = 0;
  /// Every model is loaded and healthy, there is one, and the registry does not drain.
  [[nodiscard]] virtual bool ready() const = 0;

  /// Makes the name known as loading, before its turn to be loaded comes.
  virtual void announce(const ModelSpec& spec) = 0;
  /// Loads, checks and warms the model, on the calling thread, then puts it in the place of the one
  /// that had its name; requests in flight end on the old one. On failure the old one stays.
  virtual Status load(const ModelSpec& spec) = 0;
  /// Loads the model of that name again from where it came. kNotFound for an unknown name.
  virtual Status reload(std::string_view name) = 0;
  /// Forgets the name; requests in flight are answered. kNotFound for an unknown name.
  virtual Status unload(std::string_view name) = 0;

  /// Not ready from now on, and no new requests; waits for the accepted ones until `deadline`.
  virtual void drain(std::chrono::steady_clock::time_point deadline) = 0;
  /// Not ready from now on; requests are still taken, so that load balancers can notice.
  virtual void stop_being_ready() = 0;
};

/// Makes the model that a spec names; tests give another.
using ModelFactory = std::function<Result<std::unique_ptr<ServedModel>>(const ModelSpec& spec)>;

std::unique_ptr<ModelRegistry> make_model_registry(const ServingOptions& options);
std::unique_ptr<ModelRegistry> make_model_registry(ModelFactory factory);

}  // namespace martlet

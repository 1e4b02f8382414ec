#include "server/service/model_registry.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <shared_mutex>
#include <utility>

#include "core/error.h"
#include "formats/json.h"
#include "server/service/graph_model.h"
#include "server/service/public_message.h"
#include "server/service/reaper.h"
#include "server/service/scheduled_model.h"

namespace martlet {
namespace {

constexpr std::string_view kWhere = "models";
constexpr std::size_t kMaxName = 128;

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= kMaxName && std::ranges::none_of(text, [](char c) {
    return c == '/' || static_cast<unsigned char>(c) < ' ' || c == '\x7F';
  });
}

Status unknown_name(std::string_view name) {
  return error(StatusCode::kNotFound, kWhere, "there is no model {}", in_quotes(name));
}

class Registry final : public ModelRegistry {
 public:
  explicit Registry(ModelFactory factory) : factory_(std::move(factory)) {}

  [[nodiscard]] std::shared_ptr<ServedModel> find(std::string_view name) const override {
    const std::shared_lock lock(mutex_);
    const auto slot = slots_.find(name);
    return slot == slots_.end() ? nullptr : slot->second.model;
  }

  [[nodiscard]] std::shared_ptr<ServedModel> only(Fits fits) const override {
    const std::shared_lock lock(mutex_);
    std::shared_ptr<ServedModel> found;
    for (const auto& [name, slot] : slots_) {
      if (slot.model == nullptr || (fits != nullptr && !fits(slot.model->info()))) continue;
      if (found != nullptr) return nullptr;
      found = slot.model;
    }
    return found;
  }

  [[nodiscard]] std::vector<ModelEntry> index() const override {
    const std::shared_lock lock(mutex_);
    std::vector<ModelEntry> entries;
    for (const auto& [name, slot] : slots_) entries.push_back({name, slot.state, slot.reason});
    return entries;
  }

  [[nodiscard]] bool ready() const override {
    if (leaving_.load(std::memory_order_relaxed)) return false;
    const std::shared_lock lock(mutex_);
    return !slots_.empty() && std::ranges::all_of(slots_, [](const auto& entry) {
      const Slot& slot = entry.second;
      return slot.model != nullptr && slot.model->healthy();
    });
  }

  void announce(const ModelSpec& spec) override {
    const std::unique_lock lock(mutex_);
    slots_.try_emplace(spec.name, Slot{.spec = spec});
  }

  Status load(const ModelSpec& spec) override {
    const std::lock_guard turn(loading_);
    announce(spec);
    auto model = factory_(spec);
    if (!model) {
      keep_old(spec.name, model.error());
      return model.error();
    }
    const auto old = put(spec, share(*std::move(model), reaper_));
    return {};
  }

  Status reload(std::string_view name) override {
    ModelSpec spec;
    {
      const std::shared_lock lock(mutex_);
      const auto slot = slots_.find(name);
      if (slot == slots_.end()) return unknown_name(name);
      spec = slot->second.spec;
    }
    return load(spec);
  }

  Status unload(std::string_view name) override {
    const std::lock_guard turn(loading_);
    std::shared_ptr<ServedModel> model;  // let go of after the lock
    const std::unique_lock lock(mutex_);
    const auto slot = slots_.find(name);
    if (slot == slots_.end()) return unknown_name(name);
    model = std::move(slot->second.model);
    slots_.erase(slot);
    return {};
  }

  void drain(std::chrono::steady_clock::time_point deadline) override {
    stop_being_ready();
    std::vector<std::shared_ptr<ServedModel>> models;
    {
      const std::shared_lock lock(mutex_);
      for (const auto& [name, slot] : slots_) {
        if (slot.model != nullptr) models.push_back(slot.model);
      }
    }
    for (const auto& model : models) model->drain(deadline);
  }

  void stop_being_ready() override { leaving_.store(true, std::memory_order_relaxed); }

 private:
  struct Slot {
    ModelSpec spec;
    ModelState state = ModelState::kLoading;
    std::string reason = {};
    std::shared_ptr<ServedModel> model = {};
  };

  /// Returns the model that had the place.
  std::shared_ptr<ServedModel> put(const ModelSpec& spec, std::shared_ptr<ServedModel> model) {
    const std::unique_lock lock(mutex_);
    Slot& slot = slots_[spec.name];
    slot.spec = spec;
    slot.state = ModelState::kReady;
    slot.reason.clear();
    std::swap(slot.model, model);
    return model;
  }

  void keep_old(const std::string& name, const Status& failure) {
    const std::unique_lock lock(mutex_);
    Slot& slot = slots_[name];
    slot.reason = public_message(failure);
    if (slot.model == nullptr) slot.state = ModelState::kUnavailable;
  }

  const ModelFactory factory_;
  const std::shared_ptr<Reaper> reaper_ = std::make_shared<Reaper>();
  std::mutex loading_;  // one model is loaded or unloaded at a time
  mutable std::shared_mutex mutex_;
  std::map<std::string, Slot, std::less<>> slots_;
  std::atomic<bool> leaving_{false};
};

}  // namespace

Result<ModelSpec> parse_model_spec(std::string_view text) {
  const auto equals = text.find('=');
  const bool named = equals != std::string_view::npos &&
                     text.substr(0, equals).find('/') == std::string_view::npos;
  const std::filesystem::path path = named ? text.substr(equals + 1) : text;
  if (path.empty()) {
    return error(
        StatusCode::kInvalidArgument, kWhere, "got {}, expected PATH or NAME=PATH", in_quotes(text)
    );
  }
  std::string name(named ? text.substr(0, equals) : "");
  if (!named) {
    std::error_code ignored;
    std::filesystem::path full = std::filesystem::absolute(path, ignored).lexically_normal();
    if (!full.has_filename()) full = full.parent_path();
    name = full.filename().string();
  }
  if (!is_name(name)) {
    return error(
        StatusCode::kInvalidArgument, kWhere,
        "got the name {}, expected 1 to {} characters without slashes", in_quotes(name), kMaxName
    );
  }
  return ModelSpec{std::move(name), path};
}

std::string_view to_string(ModelState state) noexcept {
  switch (state) {
    case ModelState::kLoading:
      return "LOADING";
    case ModelState::kReady:
      return "READY";
    case ModelState::kUnavailable:
      return "UNAVAILABLE";
  }
  return "UNKNOWN";
}

std::unique_ptr<ModelRegistry> make_model_registry(ModelFactory factory) {
  return std::make_unique<Registry>(std::move(factory));
}

std::unique_ptr<ModelRegistry> make_model_registry(const ServingOptions& options) {
  return make_model_registry([options](const ModelSpec& spec) {
    return is_graph_model(spec.directory) ? load_graph_model(spec, options)
                                          : load_scheduled_model(spec, options);
  });
}

}  // namespace martlet

#include "engines/onnxruntime/session_options.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "core/cpu.h"
#include "core/error.h"

namespace martlet {
namespace {

constexpr std::string_view kWhere = "engine onnxruntime";

struct Provider {
  std::string_view word;
  std::string_view name;     // as the library lists it
  std::string_view package;  // that has it
};

constexpr Provider kProviders[] = {
    {"cpu", "CPUExecutionProvider", "onnxruntime"},
    {"cuda", "CUDAExecutionProvider", "onnxruntime-gpu"},
    {"tensorrt", "TensorrtExecutionProvider", "onnxruntime-gpu"},
    {"openvino", "OpenVINOExecutionProvider", "onnxruntime-openvino"},
};

struct Level {
  std::string_view word;
  GraphOptimizationLevel level;
};

constexpr Level kLevels[] = {
    {"disabled", ORT_DISABLE_ALL},
    {"basic", ORT_ENABLE_BASIC},
    {"extended", ORT_ENABLE_EXTENDED},
    {"all", ORT_ENABLE_ALL},
};

Status unknown_word(std::string_view setting, std::string_view got, std::string_view expected) {
  return error(
      StatusCode::kInvalidArgument, kWhere, "setting {}, got '{}', expected {}", setting, got,
      expected
  );
}

class Options {
 public:
  Options(const OnnxRuntime& runtime, OrtPointer<OrtSessionOptions> options)
      : runtime_(runtime), api_(*runtime.api), options_(std::move(options)) {}

  Status set(const std::string& name, const std::string& value);
  Status set_threads(int threads) {
    return check(api_.SetIntraOpNumThreads(options_.get(), threads == 0 ? usable_cpus() : threads));
  }
  OrtPointer<OrtSessionOptions> take() { return std::move(options_); }

 private:
  Status set_provider(std::string_view word);
  Status append(std::string_view word);
  Status append_cuda();
  Status append_tensorrt();
  Status set_arena(std::string_view word);
  Status set_optimization(std::string_view word);
  Status check(OrtStatus* status) { return take_status(api_, status, kWhere); }

  const OnnxRuntime& runtime_;
  const OrtApi& api_;
  OrtPointer<OrtSessionOptions> options_;
};

Status Options::set(const std::string& name, const std::string& value) {
  if (name == "provider") return set_provider(value);
  if (name == "arena") return set_arena(value);
  if (name == "optimization") return set_optimization(value);
  if (name.starts_with("session."))
    return check(api_.AddSessionConfigEntry(options_.get(), name.c_str(), value.c_str()));
  return error(
      StatusCode::kInvalidArgument, kWhere,
      "setting '{}', expected provider, arena, optimization or session.*", name
  );
}

Status Options::set_provider(std::string_view word) {
  const auto* provider = std::ranges::find(kProviders, word, &Provider::word);
  if (provider == std::end(kProviders))
    return unknown_word("provider", word, "cpu, cuda, tensorrt or openvino");
  if (std::ranges::find(runtime_.providers, provider->name) == runtime_.providers.end()) {
    return error(
        StatusCode::kUnavailable, kWhere,
        "provider {}, got a library with {} ({}), expected {}: pip install {}", word,
        fmt::join(runtime_.providers, ", "), runtime_.path.string(), provider->name,
        provider->package
    );
  }
  return append(word);
}

Status Options::append(std::string_view word) {
  if (word == "cuda") return append_cuda();
  if (word == "tensorrt") return append_tensorrt();
  if (word == "openvino") {
    return check(
        api_.SessionOptionsAppendExecutionProvider(options_.get(), "OpenVINO", nullptr, nullptr, 0)
    );
  }
  return {};  // the processor is always there
}

Status Options::append_cuda() {
  OrtCUDAProviderOptionsV2* cuda = nullptr;
  MARTLET_RETURN_IF_ERROR(check(api_.CreateCUDAProviderOptions(&cuda)));
  const OrtPointer<OrtCUDAProviderOptionsV2> owner(cuda, {api_.ReleaseCUDAProviderOptions});
  return check(api_.SessionOptionsAppendExecutionProvider_CUDA_V2(options_.get(), cuda));
}

Status Options::append_tensorrt() {
  OrtTensorRTProviderOptionsV2* tensorrt = nullptr;
  MARTLET_RETURN_IF_ERROR(check(api_.CreateTensorRTProviderOptions(&tensorrt)));
  const OrtPointer<OrtTensorRTProviderOptionsV2> owner(
      tensorrt, {api_.ReleaseTensorRTProviderOptions}
  );
  MARTLET_RETURN_IF_ERROR(
      check(api_.SessionOptionsAppendExecutionProvider_TensorRT_V2(options_.get(), tensorrt))
  );
  return append_cuda();  // runs what TensorRT does not
}

Status Options::set_arena(std::string_view word) {
  if (word == "on") return {};
  if (word != "off") return unknown_word("arena", word, "on or off");
  MARTLET_RETURN_IF_ERROR(check(api_.DisableMemPattern(options_.get())));
  return check(api_.DisableCpuMemArena(options_.get()));
}

Status Options::set_optimization(std::string_view word) {
  const auto* level = std::ranges::find(kLevels, word, &Level::word);
  if (level == std::end(kLevels))
    return unknown_word("optimization", word, "disabled, basic, extended or all");
  return check(api_.SetSessionGraphOptimizationLevel(options_.get(), level->level));
}

}  // namespace

Result<OrtPointer<OrtSessionOptions>> make_session_options(
    const OnnxRuntime& runtime, const ExecutorOptions& options
) {
  const OrtApi& api = *runtime.api;
  OrtSessionOptions* made = nullptr;
  MARTLET_RETURN_IF_ERROR(take_status(api, api.CreateSessionOptions(&made), kWhere));
  Options session(runtime, {made, {api.ReleaseSessionOptions}});
  MARTLET_RETURN_IF_ERROR(session.set_threads(options.threads));
  auto settings = options.settings;
  settings.try_emplace("arena", "off");
  for (const auto& [name, value] : settings) MARTLET_RETURN_IF_ERROR(session.set(name, value));
  return session.take();
}

}  // namespace martlet

#include "engines/onnxruntime/library.h"

#include <algorithm>
#include <span>

#include "core/error.h"
#include "engines/shared_library.h"

namespace martlet {
namespace {

constexpr std::string_view kWhere = "engine onnxruntime";

const LibrarySearch kSearch{
    .engine = "onnxruntime",
    .variable = "MARTLET_ONNXRUNTIME",
    .folder = "onnxruntime/capi",
    .prefix = "libonnxruntime.so",
    .sonames = {"libonnxruntime.so.1", "libonnxruntime.so", "libonnxruntime.so.1.21"},
};

/// A library prints nothing: what goes wrong comes back as a status.
void ignore_log(void*, OrtLoggingLevel, const char*, const char*, const char*, const char*) noexcept {
}

Result<std::vector<std::string>> providers_of(const OrtApi& api) {
  char** names = nullptr;
  int count = 0;
  MARTLET_RETURN_IF_ERROR(take_status(api, api.GetAvailableProviders(&names, &count), kWhere));
  std::vector<std::string> providers(names, names + count);
  return take_status(api, api.ReleaseAvailableProviders(names, count), kWhere).ok()
             ? Result<std::vector<std::string>>(std::move(providers))
             : error(StatusCode::kInternal, kWhere, "cannot list the providers");
}

Result<OnnxRuntime> load() {
  auto library = load_shared_library(kSearch);
  if (!library) return library.error();
  using GetApiBase = const OrtApiBase* (*)() noexcept;
  const auto get_base = reinterpret_cast<GetApiBase>(library->symbol("OrtGetApiBase"));
  const OrtApiBase* base = get_base == nullptr ? nullptr : get_base();
  const OrtApi* api = base == nullptr ? nullptr : base->GetApi(ORT_API_VERSION);
  if (api == nullptr) {
    return error(
        StatusCode::kUnavailable, kWhere, "{}, got version {}, expected 1.{} or later",
        library->path.string(), base == nullptr ? "none" : base->GetVersionString(), ORT_API_VERSION
    );
  }
  OnnxRuntime runtime{
      .api = api, .version = base->GetVersionString(), .path = library->path, .providers = {}
  };
  MARTLET_RETURN_IF_ERROR(take_status(
      *api,
      api->CreateEnvWithCustomLogger(
          &ignore_log, nullptr, ORT_LOGGING_LEVEL_FATAL, "martlet", &runtime.environment
      ),
      kWhere
  ));
  auto providers = providers_of(*api);
  if (!providers) return providers.error();
  runtime.providers = *std::move(providers);
  return runtime;
}

StatusCode code_of(OrtErrorCode code) {
  switch (code) {
    case ORT_INVALID_ARGUMENT:
      return StatusCode::kInvalidArgument;
    case ORT_NO_SUCHFILE:
    case ORT_NO_MODEL:
      return StatusCode::kNotFound;
    case ORT_INVALID_PROTOBUF:
    case ORT_INVALID_GRAPH:
      return StatusCode::kInvalidModel;
    case ORT_NOT_IMPLEMENTED:
      return StatusCode::kUnsupported;
    default:
      return StatusCode::kInternal;
  }
}

}  // namespace

const Result<OnnxRuntime>& onnx_runtime() {
  static const Result<OnnxRuntime> runtime = load();
  return runtime;
}

Status take_status(const OrtApi& api, OrtStatus* status, std::string_view where) {
  if (status == nullptr) return {};
  const OrtPointer<OrtStatus> owner(status, {api.ReleaseStatus});
  std::string message = api.GetErrorMessage(status);
  std::ranges::replace(message, '\n', ' ');
  while (message.ends_with(' ')) message.pop_back();
  return error(code_of(api.GetErrorCode(status)), where, "{}", message);
}

}  // namespace martlet

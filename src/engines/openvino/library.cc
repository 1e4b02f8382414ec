#include "engines/openvino/library.h"

#include <algorithm>
#include <cstdint>

#include "core/error.h"
#include "engines/shared_library.h"

namespace martlet {
namespace {

constexpr std::string_view kWhere = "engine openvino";

const LibrarySearch kSearch{
    .engine = "openvino",
    .variable = "MARTLET_OPENVINO",
    .folder = "openvino/libs",
    .prefix = "libopenvino_c.so",
    .sonames = {"libopenvino_c.so"},
};

Status find_functions(const SharedLibrary& library, OpenVinoApi& api) {
  std::string_view missing;
#define MARTLET_FIND(name)                                               \
  api.name = reinterpret_cast<decltype(&::name)>(library.symbol(#name)); \
  if (api.name == nullptr) missing = #name;
  MARTLET_OPENVINO_FUNCTIONS(MARTLET_FIND)
#undef MARTLET_FIND
  if (missing.empty()) return {};
  return error(
      StatusCode::kUnavailable, kWhere, "{}, got a library without {}, expected a later version",
      library.path.string(), missing
  );
}

/// The numbers of element types have changed between versions: those of the headers must mean what
/// the library takes them for.
Status check_types(const OpenVinoApi& api, const std::filesystem::path& path) {
  constexpr std::pair<ov_element_type_e, std::size_t> kSizes[] = {
      {F32, 4}, {F16, 2}, {I32, 4}, {I64, 8}
  };
  std::int64_t one = 1;
  const ov_shape_t shape{.rank = 1, .dims = &one};
  for (const auto& [type, expected] : kSizes) {
    ov_tensor_t* tensor = nullptr;
    MARTLET_RETURN_IF_ERROR(take_status(
        api, api.ov_tensor_create(type, shape, &tensor), StatusCode::kUnavailable, kWhere
    ));
    const OpenVinoPointer<ov_tensor_t> owner(tensor, {api.ov_tensor_free});
    std::size_t bytes = 0;
    const ov_status_e status = api.ov_tensor_get_byte_size(tensor, &bytes);
    if (status == OK && bytes == expected) continue;
    return error(
        StatusCode::kUnavailable, kWhere,
        "{}, got a library with other element types than the headers martlet was built with",
        path.string()
    );
  }
  return {};
}

Result<OpenVino> load() {
  const auto library = load_shared_library(kSearch);
  if (!library) return library.error();
  OpenVino runtime{.api = {}, .version = {}, .path = library->path};
  MARTLET_RETURN_IF_ERROR(find_functions(*library, runtime.api));
  MARTLET_RETURN_IF_ERROR(check_types(runtime.api, library->path));
  ov_version_t version{};
  MARTLET_RETURN_IF_ERROR(take_status(
      runtime.api, runtime.api.ov_get_openvino_version(&version), StatusCode::kUnavailable, kWhere
  ));
  runtime.version = version.buildNumber;
  runtime.api.ov_version_free(&version);
  return runtime;
}

}  // namespace

const Result<OpenVino>& open_vino() {
  static const Result<OpenVino> runtime = load();
  return runtime;
}

Status take_status(
    const OpenVinoApi& api, ov_status_e status, StatusCode failure, std::string_view where
) {
  if (status == OK) return {};
  constexpr std::size_t kLongest = 400;
  const char* words = api.ov_get_last_err_msg();
  std::string message = words == nullptr ? "" : words;
  std::ranges::replace(message, '\n', ' ');
  if (message.size() > kLongest) message = message.substr(0, kLongest) + "...";
  while (message.ends_with(' ')) message.pop_back();
  return error(
      failure, where, "{} (status {})", message.empty() ? "OpenVINO failed" : message,
      static_cast<int>(status)
  );
}

}  // namespace martlet

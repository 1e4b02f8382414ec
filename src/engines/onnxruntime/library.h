// libonnxruntime, found and loaded at run time.
#pragma once

#include <onnxruntime_c_api.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "martlet/status.h"

namespace martlet {

struct OnnxRuntime {
  const OrtApi* api = nullptr;
  OrtEnv* environment = nullptr;       // one a process, never released
  std::string version;                 // "1.32.0"
  std::filesystem::path path;          // of the library
  std::vector<std::string> providers;  // "CPUExecutionProvider", best first
};

/// The library, loaded once a process; kUnavailable with what to install where there is none.
const Result<OnnxRuntime>& onnx_runtime();

/// Of an API call: ok for null. ONNX Runtime's message, on one line.
Status take_status(const OrtApi& api, OrtStatus* status, std::string_view where);

/// Owns an object of the C API.
template <class T>
struct OrtRelease {
  void (*release)(T*) = nullptr;
  void operator()(T* object) const noexcept { release(object); }
};
template <class T>
using OrtPointer = std::unique_ptr<T, OrtRelease<T>>;

}  // namespace martlet

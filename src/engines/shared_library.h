// Finds the library of an engine that is not part of martlet and loads it: one binary serves with
// or without it.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "martlet/status.h"

namespace martlet {

struct LibrarySearch {
  std::string_view engine;  // "onnxruntime", which is also the Python package to install
  const char* variable;     // "MARTLET_ONNXRUNTIME": a file or a directory to take instead
  std::string_view folder;  // where the Python package has it: "onnxruntime/capi"
  std::string_view prefix;  // "libonnxruntime.so"; a version may follow
  std::vector<std::string_view> sonames;  // what the system's loader may find
};

struct SharedLibrary {
  void* handle = nullptr;  // never closed: objects it made may outlive any scope of ours
  std::filesystem::path path;

  /// Null when there is no such symbol.
  [[nodiscard]] void* symbol(const char* name) const;
};

/// The file or directory that the variable names; else the virtual environment, `venv` beside the
/// build or the program, and the system. kUnavailable with what to install where there is none.
Result<SharedLibrary> load_shared_library(const LibrarySearch& search);

}  // namespace martlet

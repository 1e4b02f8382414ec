#include "engines/shared_library.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <optional>

#include "core/error.h"

namespace martlet {
namespace {

namespace fs = std::filesystem;

std::string where(const LibrarySearch& search) { return fmt::format("engine {}", search.engine); }

/// The first file in `directory`, by name, that starts with `prefix`.
std::optional<fs::path> library_in(const fs::path& directory, std::string_view prefix) {
  std::vector<fs::path> found;
  std::error_code failure;
  for (fs::directory_iterator entry(directory, failure), end; !failure && entry != end;
       entry.increment(failure)) {
    if (entry->path().filename().string().starts_with(prefix)) found.push_back(entry->path());
  }
  const auto first = std::ranges::min_element(found);
  return first == found.end() ? std::nullopt : std::optional(*first);
}

/// VENV/lib/python3.11/site-packages/FOLDER, whatever the version.
std::optional<fs::path> library_in_venv(const fs::path& venv, const LibrarySearch& search) {
  std::error_code failure;
  for (fs::directory_iterator entry(venv / "lib", failure), end; !failure && entry != end;
       entry.increment(failure)) {
    if (!entry->path().filename().string().starts_with("python3")) continue;
    auto file = library_in(entry->path() / "site-packages" / search.folder, search.prefix);
    if (file) return file;
  }
  return std::nullopt;
}

/// Where this code was loaded from: the program, or libmartlet.so.
fs::path own_directory() {
  Dl_info info{};
  std::error_code failure;
  if (::dladdr(reinterpret_cast<const void*>(&own_directory), &info) != 0) {
    const fs::path file = fs::canonical(info.dli_fname, failure);
    if (!failure) return file.parent_path();
  }
  return fs::read_symlink("/proc/self/exe", failure).parent_path();
}

std::optional<fs::path> find_file(const LibrarySearch& search) {
  if (const char* active = std::getenv("VIRTUAL_ENV"); active != nullptr && *active != '\0') {
    if (auto file = library_in_venv(active, search)) return file;
  }
  // build/release/martlet, build/release/src/engines/a_test, prefix/bin/martlet
  fs::path directory = own_directory();
  for (int up = 0; up < 5 && directory.has_relative_path(); ++up) {
    if (auto file = library_in_venv(directory / "venv", search)) return file;
    directory = directory.parent_path();
  }
  return std::nullopt;
}

Result<SharedLibrary> open(const fs::path& file, const LibrarySearch& search) {
  void* handle = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle != nullptr) return SharedLibrary{handle, file};
  return error(StatusCode::kUnavailable, where(search), "cannot load the library: {}", ::dlerror());
}

Result<SharedLibrary> open_chosen(const fs::path& chosen, const LibrarySearch& search) {
  std::error_code ignored;
  if (!fs::is_directory(chosen, ignored)) return open(chosen, search);
  if (const auto file = library_in(chosen, search.prefix)) return open(*file, search);
  return error(
      StatusCode::kUnavailable, where(search),
      "{}={}, got a directory without {}, expected it there", search.variable, chosen.string(),
      search.prefix
  );
}

}  // namespace

void* SharedLibrary::symbol(const char* name) const { return ::dlsym(handle, name); }

Result<SharedLibrary> load_shared_library(const LibrarySearch& search) {
  if (const char* chosen = std::getenv(search.variable); chosen != nullptr && *chosen != '\0')
    return open_chosen(chosen, search);
  if (const auto file = find_file(search)) return open(*file, search);
  for (const std::string_view name : search.sonames) {
    if (void* handle = ::dlopen(std::string(name).c_str(), RTLD_NOW | RTLD_LOCAL))
      return SharedLibrary{handle, name};
  }
  return error(
      StatusCode::kUnavailable, where(search),
      "{} is not installed; pip install {} in an active virtual environment, or set {} to the "
      "library",
      search.prefix, search.engine, search.variable
  );
}

}  // namespace martlet

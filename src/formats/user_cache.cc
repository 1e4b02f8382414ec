#include "formats/user_cache.h"

#include <cstdlib>

namespace martlet {

std::filesystem::path user_cache_directory() {
  const auto directory = [](const char* variable) -> std::filesystem::path {
    const char* value = std::getenv(variable);  // NOLINT(concurrency-mt-unsafe): nothing sets it
    return value == nullptr ? "" : value;
  };
  // What the XDG rules call invalid, a relative path, counts as not set.
  if (const auto cache = directory("XDG_CACHE_HOME"); cache.is_absolute()) return cache / "martlet";
  if (const auto home = directory("HOME"); home.is_absolute()) return home / ".cache" / "martlet";
  return {};
}

}  // namespace martlet

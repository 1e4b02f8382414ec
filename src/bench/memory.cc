#include "bench/memory.h"

#include <charconv>
#include <fstream>
#include <iterator>
#include <string>

namespace martlet {
namespace {

/// The kB of a line like "VmRSS:     1234 kB", as MB.
double megabytes_of(std::string_view status, std::string_view key) noexcept {
  const std::size_t line = status.find(key);
  if (line == std::string_view::npos) return 0;
  const std::size_t digits = status.find_first_of("0123456789", line + key.size());
  if (digits == std::string_view::npos) return 0;
  unsigned long long kilobytes = 0;
  std::from_chars(status.data() + digits, status.data() + status.size(), kilobytes);
  return static_cast<double>(kilobytes) * 1024 / 1e6;
}

}  // namespace

MemoryUse parse_memory_use(std::string_view status) noexcept {
  return {megabytes_of(status, "VmRSS:"), megabytes_of(status, "VmHWM:")};
}

MemoryUse memory_use() {
  std::ifstream file("/proc/self/status");
  return parse_memory_use(std::string(std::istreambuf_iterator<char>(file), {}));
}

}  // namespace martlet

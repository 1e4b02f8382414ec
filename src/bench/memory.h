// How much memory this process holds.
#pragma once

#include <string_view>

namespace martlet {

struct MemoryUse {
  double rss_mb = 0;  // resident now, pages of mapped files included; 1 MB is 10^6 bytes
  double peak_rss_mb = 0;
};

/// From the text of /proc/PID/status; 0 for what it does not say.
MemoryUse parse_memory_use(std::string_view status) noexcept;

/// Of this process.
MemoryUse memory_use();

}  // namespace martlet

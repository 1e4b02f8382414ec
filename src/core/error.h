// The one way to build a failing Status: error(code, where, format, args...) gives "[where] text".
#pragma once

#include <fmt/format.h>

#include <string_view>
#include <utility>

#include "martlet/status.h"

// Returns from the enclosing function when `expr` (a Status) failed.
#define MARTLET_RETURN_IF_ERROR(expr)                                                 \
  do {                                                                                \
    if (::martlet::Status martlet_status = (expr); !martlet_status.ok()) [[unlikely]] \
      return martlet_status;                                                          \
  } while (false)

namespace martlet {

template <class... Args>
Status error(
    StatusCode code, std::string_view where, fmt::format_string<Args...> format, Args&&... args
) {
  return {code, fmt::format("[{}] {}", where, fmt::format(format, std::forward<Args>(args)...))};
}

}  // namespace martlet

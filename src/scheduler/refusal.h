// Why a request is not accepted: first as numbers, found under the lock; then in words.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

#include "martlet/scheduling.h"

namespace martlet {

struct Denial {
  RefusalReason reason = RefusalReason::kStopped;
  std::chrono::nanoseconds retry_after{0};
  std::int64_t got = 0;
  std::int64_t limit = 0;
  std::string_view unit = "";  // of both
};

Refusal explain(const Denial& denial);

}  // namespace martlet

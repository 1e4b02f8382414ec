// For fuzz targets of what clients send: what a refusal must be.
#pragma once

#include <cstdlib>

#include "martlet/status.h"

namespace martlet {

/// The client's mistake, said in one line that fits into a header of any transport.
inline void check_refusal(const Status& status) {
  constexpr std::size_t kLongest = 1000;
  const StatusCode code = status.code();
  const bool clients = code == StatusCode::kInvalidInput || code == StatusCode::kInvalidArgument ||
                       code == StatusCode::kUnsupported || code == StatusCode::kNotFound;
  const std::string& line = status.message();
  if (!clients || line.empty() || line.size() > kLongest) std::abort();
  for (const char c : line) {
    if (static_cast<unsigned char>(c) < ' ') std::abort();
  }
}

/// Of something read or refused.
template <class T>
void check_refusal_of(const Result<T>& result) {
  if (!result) check_refusal(result.error());
}

}  // namespace martlet

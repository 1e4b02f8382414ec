// The border between Arrow and martlet: Arrow's Status and Parquet's exceptions become a
// martlet::Status.
#pragma once

#include <arrow/result.h>
#include <arrow/status.h>

#include <exception>
#include <new>
#include <string>
#include <string_view>

#include "core/error.h"

namespace martlet::parquet_plugin {

/// The first line of a message of Arrow's; the rest is detail for its developers.
inline std::string_view first_line(std::string_view message) {
  return message.substr(0, message.find('\n'));
}

/// `code` says what a failure means here, unless memory ran out.
inline Status to_status(const arrow::Status& status, StatusCode code, std::string_view where) {
  if (status.ok()) return {};
  if (status.IsOutOfMemory()) code = StatusCode::kResourceExhausted;
  return error(code, where, "{}", first_line(status.message()));
}

/// Runs `body`, which returns a Status or a Result, and turns exceptions into one.
template <class Body>
auto guarded(StatusCode code, std::string_view where, const Body& body) -> decltype(body()) {
  try {
    return body();
  } catch (const std::bad_alloc&) {
    return error(StatusCode::kResourceExhausted, where, "there is not enough memory for this file");
  } catch (const std::exception& failure) {
    return error(code, where, "{}", first_line(failure.what()));
  }
}

}  // namespace martlet::parquet_plugin

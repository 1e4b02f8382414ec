// How martlet reports what went wrong. Anything that a user, a file or a request can cause is a
// Status; the library never prints, exits or throws on input. Messages read `[where] what, got X,
// expected Y`.
#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

#include "martlet/export.h"

namespace martlet {

enum class StatusCode {
  kOk = 0,
  kInvalidArgument,    // the caller asked for something that makes no sense: a bad flag or option
  kNotFound,           // a model, file, column or tensor that is not there
  kInvalidInput,       // input data that is malformed: text rows, CSV, JSON lines
  kInvalidModel,       // model files that are malformed or contradict each other
  kUnsupported,        // well-formed, but martlet does not do it (yet)
  kUnavailable,        // an engine, ISA level or plug-in that cannot run here
  kResourceExhausted,  // memory or another budget ran out
  kIo,         // the operating system failed to read or write: disk full, closed pipe, permission
  kCancelled,  // stopped on request
  kDeadlineExceeded,  // its time was over before it was done
  kInternal,          // our own bug
};

/// The code's name in snake_case, e.g. "invalid_model". Static storage.
MARTLET_API std::string_view to_string(StatusCode code) noexcept;

/// A code and one line for the user. Default-constructed: ok.
class [[nodiscard]] MARTLET_API Status {
 public:
  Status() = default;
  Status(StatusCode code, std::string message) : code_(code), message_(std::move(message)) {}

  [[nodiscard]] bool ok() const noexcept { return code_ == StatusCode::kOk; }
  [[nodiscard]] StatusCode code() const noexcept { return code_; }
  [[nodiscard]] const std::string& message() const noexcept { return message_; }

 private:
  StatusCode code_ = StatusCode::kOk;
  std::string message_;
};

/// A T or the Status (never ok) that says why there is none.
template <class T>
class [[nodiscard]] Result : public tl::expected<T, Status> {
 public:
  using Base = tl::expected<T, Status>;
  using Base::Base;
  // NOLINTNEXTLINE(google-explicit-constructor): `return status;` reads well
  Result(Status status) : Base(tl::unexpect, std::move(status)) {}

  /// The failure, or ok when there is a value.
  [[nodiscard]] Status status() const { return this->has_value() ? Status() : this->error(); }
};

}  // namespace martlet

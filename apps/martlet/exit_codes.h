// The one table from what went wrong to what the shell sees.
#pragma once

#include "martlet/status.h"

namespace martlet::cli {

enum ExitCode : int {
  kExitOk = 0,
  kExitDifference = 1,  // done, and a comparison found what it looks for
  kExitUsage = 2,       // the command line makes no sense
  kExitInput = 3,       // a model or input that is missing, malformed or not supported
  kExitEngine = 4,      // the engine cannot run, or failed
  kExitIo = 5,          // the system could not read or write: full disk, closed pipe
};

constexpr ExitCode exit_code(StatusCode code) noexcept {
  switch (code) {
    case StatusCode::kOk:
      return kExitOk;
    case StatusCode::kInvalidArgument:
      return kExitUsage;
    case StatusCode::kNotFound:
    case StatusCode::kInvalidInput:
    case StatusCode::kInvalidModel:
    case StatusCode::kUnsupported:
      return kExitInput;
    case StatusCode::kUnavailable:
    case StatusCode::kResourceExhausted:
    case StatusCode::kCancelled:
    case StatusCode::kDeadlineExceeded:
    case StatusCode::kInternal:
      return kExitEngine;
    case StatusCode::kIo:
      return kExitIo;
  }
  return kExitEngine;
}

/// What a verb that is done ends with; a comparison sets kExitDifference.
inline ExitCode& done_exit_code() noexcept {
  static ExitCode code = kExitOk;
  return code;
}

}  // namespace martlet::cli

// Where results go: stdout as they come, or a file that is whole or not there.
#pragma once

#include <filesystem>
#include <memory>
#include <string_view>

#include "martlet/status.h"

namespace martlet {

/// Buffered; not thread-safe. Failures are kIo (a full disk, a closed pipe) and final.
class OutputStream {
 public:
  virtual ~OutputStream() = default;
  virtual Status write(std::string_view bytes) = 0;
  /// Lets a reader at the other end see what was written so far; a file stays hidden until commit.
  virtual Status flush() = 0;
  /// Everything is written: call it once, last. Without it a file is not created or changed.
  virtual Status commit() = 0;
};

/// "-" is stdout. The process must ignore SIGPIPE for a closed pipe to become a Status.
Result<std::unique_ptr<OutputStream>> open_output(const std::filesystem::path& path);

}  // namespace martlet

// Output files that are whole or not there: written under a temporary name, renamed at the end.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "martlet/status.h"

namespace martlet {

/// Buffered writes to a temporary file in the target's directory; `commit` flushes it to the disk
/// and renames it over the target, which until then keeps its old content. Destroyed without a
/// successful commit, or after any failure, it leaves nothing behind. A symbolic link is followed.
/// A device or a pipe (/dev/null, a named pipe) has no content to keep and is written in place.
/// Not thread-safe.
class AtomicFile {
 public:
  /// kInvalidArgument when `path` is a directory, kIo when the system refuses.
  static Result<AtomicFile> open(const std::filesystem::path& path);

  AtomicFile(AtomicFile&& other) noexcept;
  AtomicFile& operator=(AtomicFile&& other) noexcept;
  ~AtomicFile();

  /// kIo when the system fails (disk full, closed pipe, ...); every later call then gives the same
  /// error.
  Status write(std::span<const std::byte> bytes);
  Status write(std::string_view text);

  /// Makes the written bytes the content of the file. Call it once, last.
  Status commit();

 private:
  AtomicFile(std::filesystem::path target, std::filesystem::path temporary, int fd);
  Status write_through(std::string_view bytes);
  Status flush();
  Status finish();
  Status fail(std::string_view action);
  void discard() noexcept;

  std::filesystem::path target_;
  std::filesystem::path temporary_;  // empty when written in place, and once it is gone
  int fd_ = -1;
  std::string buffer_;
  Status failure_;
};

}  // namespace martlet

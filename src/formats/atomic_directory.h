// Output directories that are whole or not there: filled under a temporary name, renamed at the
// end.
#pragma once

#include <filesystem>

#include "martlet/status.h"

namespace martlet {

/// A folder beside the target to put files in. Destroyed without a successful commit, it removes
/// itself and the target keeps its old content. Not thread-safe.
class AtomicDirectory {
 public:
  /// Creates the folder, and the target's parents where they are missing.
  static Result<AtomicDirectory> create(const std::filesystem::path& target);

  AtomicDirectory(AtomicDirectory&& other) noexcept;
  AtomicDirectory& operator=(AtomicDirectory&& other) noexcept;
  ~AtomicDirectory();

  /// Where the files go until the commit.
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return temporary_; }

  /// `status` with the target's name wherever its message has the folder's, which tells nobody
  /// anything.
  [[nodiscard]] Status named(const Status& status) const;

  /// Renames the folder. A directory that has the target's name is deleted with all it holds.
  Status commit();

 private:
  AtomicDirectory() = default;

  std::filesystem::path target_;
  std::filesystem::path temporary_;  // empty once it is gone
};

}  // namespace martlet

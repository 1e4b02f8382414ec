// A read-only memory map of a whole regular file.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string_view>

#include "martlet/status.h"

namespace martlet {

class MappedFile {
 public:
  /// Maps `path`. kNotFound if it is missing, kInvalidInput if it is not a regular file (a
  /// directory, FIFO or device is refused without blocking), kIo if the system fails. An empty file
  /// maps to an empty span.
  static Result<MappedFile> open(const std::filesystem::path& path);
  /// Maps an open file, which the caller still closes. `path` names it in messages.
  static Result<MappedFile> map(int file, const std::filesystem::path& path);

  MappedFile() = default;
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  ~MappedFile();

  /// Valid as long as this object lives. The file must not be truncated meanwhile: replace files by
  /// rename.
  [[nodiscard]] std::span<const std::byte> bytes() const noexcept { return {data_, size_}; }
  [[nodiscard]] std::string_view text() const noexcept {
    return {reinterpret_cast<const char*>(data_), size_};
  }

  /// Gives the pages that were read back to the system's page cache: they stop counting as this
  /// process's memory, and are mapped again where they are read again.
  void release_pages() const noexcept;

 private:
  const std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace martlet

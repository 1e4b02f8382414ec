// Bytes of a file, a pipe or stdin, read in order.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "martlet/status.h"

namespace martlet {

class InputFile {
 public:
  /// Opens `path`; "-" is stdin. kNotFound when it is missing, kInvalidInput for a directory, kIo
  /// otherwise.
  /// `cancel`, which must outlive the file, makes a read that a signal interrupts end with
  /// kCancelled once it is set.
  static Result<InputFile> open(
      const std::filesystem::path& path, const std::atomic<bool>* cancel = nullptr
  );

  InputFile(InputFile&& other) noexcept;
  InputFile& operator=(InputFile&& other) noexcept;
  ~InputFile();

  /// Waits until there are bytes, and gives as many of them as have arrived and fit; 0 at the end.
  Result<std::size_t> read(std::span<char> buffer);

  /// Of a regular file; 0 for anything whose end is not known.
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
  /// Names the input in messages: the file's name, or "stdin".
  [[nodiscard]] const std::string& name() const noexcept { return name_; }

 private:
  InputFile(int descriptor, std::string name) : descriptor_(descriptor), name_(std::move(name)) {}

  int descriptor_ = -1;
  std::uint64_t size_ = 0;
  std::string name_;
  const std::atomic<bool>* cancel_ = nullptr;
};

}  // namespace martlet

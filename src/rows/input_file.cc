#include "rows/input_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "core/error.h"

namespace martlet {
namespace {

Status system_error(std::string_view name, std::string_view action, int number) {
  const StatusCode code =
      number == ENOENT || number == ENOTDIR ? StatusCode::kNotFound : StatusCode::kIo;
  return error(code, name, "cannot {}: {}", action, std::strerror(number));
}

}  // namespace

Result<InputFile> InputFile::open(
    const std::filesystem::path& path, const std::atomic<bool>* cancel
) {
  const bool is_stdin = path == "-";
  InputFile file(
      is_stdin ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC),
      is_stdin ? "stdin" : path
  );
  if (file.descriptor_ < 0) return system_error(file.name_, "open", errno);
  struct stat info{};
  if (::fstat(file.descriptor_, &info) != 0) return system_error(file.name_, "read", errno);
  if (S_ISDIR(info.st_mode)) {
    return error(StatusCode::kInvalidInput, file.name_, "got a directory, expected a file");
  }
  if (S_ISREG(info.st_mode)) file.size_ = static_cast<std::uint64_t>(info.st_size);
  file.cancel_ = cancel;
  return file;
}

InputFile::InputFile(InputFile&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      size_(other.size_),
      name_(std::move(other.name_)),
      cancel_(other.cancel_) {}

InputFile& InputFile::operator=(InputFile&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(size_, other.size_);
  std::swap(name_, other.name_);
  std::swap(cancel_, other.cancel_);
  return *this;
}

InputFile::~InputFile() {
  if (descriptor_ > STDIN_FILENO) ::close(descriptor_);
}

Result<std::size_t> InputFile::read(std::span<char> buffer) {
  for (;;) {
    const ssize_t bytes = ::read(descriptor_, buffer.data(), buffer.size());
    if (bytes >= 0) return static_cast<std::size_t>(bytes);
    if (errno == EINTR && cancel_ != nullptr && *cancel_) {
      return error(StatusCode::kCancelled, name_, "stopped by a signal");
    }
    if (errno != EINTR) return system_error(name_, "read", errno);
  }
}

}  // namespace martlet

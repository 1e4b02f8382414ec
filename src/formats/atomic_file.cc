#include "formats/atomic_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "core/error.h"
#include "formats/temporary_name.h"

namespace martlet {
namespace {

constexpr std::size_t kBufferBytes = std::size_t{1} << 16;
constexpr int kNameAttempts = 100;

Status system_error(const std::filesystem::path& path, std::string_view action, int number) {
  return error(StatusCode::kIo, path.string(), "cannot {}: {}", action, std::strerror(number));
}

int create_temporary(
    const std::filesystem::path& directory, mode_t mode, std::filesystem::path& name
) {
  for (int attempt = 0; attempt < kNameAttempts; ++attempt) {
    name = temporary_name(directory);
    const int fd = ::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (fd >= 0 || errno != EEXIST) return fd;
  }
  return -1;
}

/// Makes a rename inside `directory` survive a power cut. Some file systems cannot; the file is in
/// its place either way, so failing is not an error.
void sync_directory(const std::filesystem::path& directory) {
  const int fd = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  ::fsync(fd);
  ::close(fd);
}

}  // namespace

Result<AtomicFile> AtomicFile::open(const std::filesystem::path& path) {
  struct stat info{};
  const bool exists = ::stat(path.c_str(), &info) == 0;
  if (exists && S_ISDIR(info.st_mode)) {
    return error(
        StatusCode::kInvalidArgument, path.string(), "got a directory, expected a file to write"
    );
  }
  if (exists && !S_ISREG(info.st_mode)) {
    const int fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
    if (fd < 0) return system_error(path, "open", errno);
    return AtomicFile(path, {}, fd);
  }
  std::filesystem::path target = path;
  if (exists) {
    std::error_code code;
    target = std::filesystem::canonical(path, code);
    if (code) return system_error(path, "resolve", code.value());
  }
  const std::filesystem::path parent = target.parent_path();
  std::filesystem::path temporary;
  const int fd = create_temporary(parent.empty() ? "." : parent, 0666, temporary);
  if (fd < 0) return system_error(path, "create", errno);
  AtomicFile file(std::move(target), std::move(temporary), fd);
  if (exists && ::fchmod(fd, info.st_mode & 07777) != 0) return file.fail("keep the mode of");
  return file;
}

AtomicFile::AtomicFile(std::filesystem::path target, std::filesystem::path temporary, int fd)
    : target_(std::move(target)), temporary_(std::move(temporary)), fd_(fd) {
  buffer_.reserve(kBufferBytes);
}

AtomicFile::AtomicFile(AtomicFile&& other) noexcept
    : target_(std::move(other.target_)),
      temporary_(std::exchange(other.temporary_, {})),
      fd_(std::exchange(other.fd_, -1)),
      buffer_(std::move(other.buffer_)),
      failure_(std::move(other.failure_)) {}

AtomicFile& AtomicFile::operator=(AtomicFile&& other) noexcept {
  std::swap(target_, other.target_);
  std::swap(temporary_, other.temporary_);
  std::swap(fd_, other.fd_);
  std::swap(buffer_, other.buffer_);
  std::swap(failure_, other.failure_);
  return *this;
}

AtomicFile::~AtomicFile() { discard(); }

Status AtomicFile::write(std::span<const std::byte> bytes) {
  return write(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

Status AtomicFile::write(std::string_view text) {
  if (!failure_.ok()) return failure_;
  if (fd_ < 0) {
    return error(StatusCode::kInternal, target_.string(), "got a write after the commit");
  }
  if (text.size() > kBufferBytes - buffer_.size()) MARTLET_RETURN_IF_ERROR(flush());
  if (text.size() >= kBufferBytes) return write_through(text);
  buffer_.append(text);
  return {};
}

Status AtomicFile::commit() {
  MARTLET_RETURN_IF_ERROR(write(std::string_view{}));
  MARTLET_RETURN_IF_ERROR(flush());
  return finish();
}

Status AtomicFile::write_through(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return fail("write");
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

Status AtomicFile::flush() {
  MARTLET_RETURN_IF_ERROR(write_through(buffer_));
  buffer_.clear();
  return {};
}

Status AtomicFile::finish() {
  const bool in_place = temporary_.empty();
  if (!in_place && ::fsync(fd_) != 0) return fail("write");
  // Network file systems report a full disk only here. On Linux the descriptor is gone even so.
  if (::close(std::exchange(fd_, -1)) != 0 && errno != EINTR) return fail("write");
  if (in_place) return {};
  if (::rename(temporary_.c_str(), target_.c_str()) != 0) return fail("replace");
  temporary_.clear();
  const std::filesystem::path parent = target_.parent_path();
  sync_directory(parent.empty() ? "." : parent);
  return {};
}

/// Keeps errno's failure for later calls and removes the temporary file.
Status AtomicFile::fail(std::string_view action) {
  failure_ = system_error(target_, action, errno);
  discard();
  return failure_;
}

void AtomicFile::discard() noexcept {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  if (temporary_.empty()) return;
  ::unlink(temporary_.c_str());
  temporary_.clear();
}

}  // namespace martlet

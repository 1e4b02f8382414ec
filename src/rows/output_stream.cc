#include "rows/output_stream.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include "core/error.h"
#include "formats/atomic_file.h"

namespace martlet {
namespace {

class Stdout final : public OutputStream {
 public:
  Stdout() { buffer_.reserve(2 * kBufferBytes); }

  Status write(std::string_view bytes) override {
    buffer_.append(bytes);
    return buffer_.size() >= kBufferBytes ? flush() : Status();
  }

  Status flush() override {
    std::string_view left = buffer_;
    while (!left.empty()) {
      const ssize_t written = ::write(STDOUT_FILENO, left.data(), left.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0)
        return error(StatusCode::kIo, "stdout", "cannot write: {}", std::strerror(errno));
      left.remove_prefix(static_cast<std::size_t>(written));
    }
    buffer_.clear();
    return {};
  }

  Status commit() override { return flush(); }

 private:
  static constexpr std::size_t kBufferBytes = std::size_t{64} << 10;
  std::string buffer_;
};

class File final : public OutputStream {
 public:
  explicit File(AtomicFile file) : file_(std::move(file)) {}
  Status write(std::string_view bytes) override { return file_.write(bytes); }
  Status flush() override { return {}; }
  Status commit() override { return file_.commit(); }

 private:
  AtomicFile file_;
};

}  // namespace

Result<std::unique_ptr<OutputStream>> open_output(const std::filesystem::path& path) {
  if (path == "-" || path == "/dev/stdout") return std::make_unique<Stdout>();
  auto file = AtomicFile::open(path);
  if (!file) return file.error();
  return std::make_unique<File>(std::move(*file));
}

}  // namespace martlet

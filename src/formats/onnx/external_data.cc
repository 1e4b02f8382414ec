#include "formats/onnx/external_data.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "core/error.h"
#include "formats/json.h"

namespace martlet::onnx {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] int get() const noexcept { return fd_; }

 private:
  int fd_;
};

/// Opens `location` below the directory, without following any link. Kernels before 5.6 have no
/// openat2: there the folder must be flat, where O_NOFOLLOW says the same.
int open_beneath(int directory, const std::string& location) {
  struct open_how how{};
  how.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  const long fd = ::syscall(SYS_openat2, directory, location.c_str(), &how, sizeof(how));
  if (fd >= 0 || errno != ENOSYS) return static_cast<int>(fd);
  if (location.find('/') != std::string::npos) {
    errno = EXDEV;
    return -1;
  }
  return ::openat(directory, location.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
}

Status refusal(
    const std::filesystem::path& model, std::string_view location, std::string_view got
) {
  return error(
      StatusCode::kInvalidModel, model.string(),
      "external data {}: got {}, expected a regular file in the model's folder",
      in_quotes(location), got
  );
}

Result<MappedFile> open_file(
    int directory, const std::string& location, const std::filesystem::path& model
) {
  const bool has_zero = location.find('\0') != std::string::npos;
  if (location.empty() || has_zero) return refusal(model, location, "no name of a file");
  if (location.front() == '/') return refusal(model, location, "an absolute path");
  const Descriptor file(open_beneath(directory, location));
  if (file.get() < 0) {
    if (errno == EXDEV) return refusal(model, location, "a path that leads out of it");
    if (errno == ELOOP) return refusal(model, location, "a symbolic link");
    return error(
        errno == ENOENT ? StatusCode::kNotFound : StatusCode::kIo, model.string(),
        "cannot open external data {}: {}", in_quotes(location), std::strerror(errno)
    );
  }
  struct stat info{};
  if (::fstat(file.get(), &info) != 0 || !S_ISREG(info.st_mode))
    return refusal(model, location, "something else");
  if (info.st_nlink != 1) return refusal(model, location, "a file with other names (hard links)");
  return MappedFile::map(file.get(), model.parent_path() / location);
}

Status check_range(const Tensor& tensor, std::size_t file_size, const std::string& where) {
  const ExternalData& external = *tensor.external;
  const bool begins_inside = external.offset <= file_size;
  const std::uint64_t rest = begins_inside ? file_size - external.offset : 0;
  if (begins_inside && external.length.value_or(rest) <= rest) return {};
  return error(
      StatusCode::kInvalidModel, where,
      "tensor {}: got bytes {} to {} of {}, expected no more than {}", in_quotes(tensor.name),
      external.offset,
      external.length ? std::to_string(*external.length + external.offset) : "the end",
      in_quotes(external.location), file_size
  );
}

}  // namespace

Result<std::vector<ExternalFile>> open_external_files(
    const Model& model, const std::filesystem::path& model_path
) {
  std::vector<ExternalFile> files;
  const std::filesystem::path folder =
      model_path.has_parent_path() ? model_path.parent_path() : std::filesystem::path(".");
  const Descriptor directory(::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  for (const Tensor* tensor : all_tensors(model)) {
    if (!tensor->external) continue;
    const std::string& location = tensor->external->location;
    auto known = std::ranges::find(files, location, &ExternalFile::location);
    if (known == files.end()) {
      auto file = open_file(directory.get(), location, model_path);
      if (!file) return file.error();
      known = files.insert(files.end(), {location, *std::move(file)});
    }
    MARTLET_RETURN_IF_ERROR(check_range(*tensor, known->file.bytes().size(), model_path.string()));
  }
  return files;
}

}  // namespace martlet::onnx

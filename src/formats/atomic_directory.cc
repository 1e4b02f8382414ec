#include "formats/atomic_directory.h"

#include <string>
#include <utility>

#include "core/error.h"
#include "formats/temporary_name.h"

namespace martlet {
namespace {

namespace fs = std::filesystem;

Status system_error(const fs::path& path, std::string_view action, std::error_code code) {
  return error(StatusCode::kIo, path.string(), "cannot {}: {}", action, code.message());
}

/// The path that a rename can take: absolute, links followed, no slash at its end.
fs::path resolve(const fs::path& path, std::error_code& code) {
  const fs::path resolved = fs::weakly_canonical(fs::absolute(path, code), code);
  return resolved.has_filename() ? resolved : resolved.parent_path();
}

}  // namespace

Result<AtomicDirectory> AtomicDirectory::create(const fs::path& target) {
  AtomicDirectory directory;
  std::error_code code;
  directory.target_ = resolve(target, code);
  if (code) return system_error(target, "resolve", code);
  const fs::path parent = directory.target_.parent_path();
  fs::create_directories(parent, code);
  if (code) return system_error(parent, "create", code);
  const fs::path temporary = temporary_name(parent);
  const bool created = fs::create_directory(temporary, code);
  if (code) return system_error(target, "create", code);
  if (!created) return error(StatusCode::kIo, target.string(), "cannot create: name taken");
  directory.temporary_ = temporary;
  return directory;
}

AtomicDirectory::AtomicDirectory(AtomicDirectory&& other) noexcept
    : target_(std::move(other.target_)), temporary_(std::exchange(other.temporary_, {})) {}

AtomicDirectory& AtomicDirectory::operator=(AtomicDirectory&& other) noexcept {
  std::swap(target_, other.target_);
  std::swap(temporary_, other.temporary_);
  return *this;
}

AtomicDirectory::~AtomicDirectory() {
  std::error_code ignored;
  if (!temporary_.empty()) fs::remove_all(temporary_, ignored);
}

Status AtomicDirectory::named(const Status& status) const {
  std::string message = status.message();
  const std::size_t at = message.find(temporary_.string());
  if (temporary_.empty() || at == std::string::npos) return status;
  message.replace(at, temporary_.string().size(), target_.string());
  return {status.code(), std::move(message)};
}

Status AtomicDirectory::commit() {
  std::error_code code;
  // The system replaces only an empty directory, so one with files steps aside first.
  fs::path old;
  if (fs::is_directory(target_, code) && !fs::is_empty(target_, code)) {
    old = temporary_name(target_.parent_path());
    fs::rename(target_, old, code);
    if (code) return system_error(target_, "replace", code);
  }
  fs::rename(temporary_, target_, code);
  std::error_code ignored;
  if (code) {
    if (!old.empty()) fs::rename(old, target_, ignored);
    return system_error(target_, "create", code);
  }
  temporary_.clear();
  if (!old.empty()) fs::remove_all(old, ignored);
  return {};
}

}  // namespace martlet

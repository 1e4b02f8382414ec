#include "formats/model_hash.h"

// The plain functions, not EVP: linked statically they are 15 KB of the program.
#define OPENSSL_API_COMPAT 0x10100000L
#include <fmt/format.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <mutex>
#include <span>
#include <string_view>
#include <system_error>
#include <vector>

#include "core/error.h"
#include "core/mapped_file.h"
#include "formats/graph_file.h"

namespace martlet {
namespace {

constexpr std::size_t kMostHeader = 1 << 20;  // bytes of a file that a stamp covers

class Sha256 {
 public:
  Sha256() { SHA256_Init(&context_); }
  void add(const void* data, std::size_t size) { SHA256_Update(&context_, data, size); }
  void add(std::string_view text) { add(text.data(), text.size()); }

  std::string digits() {
    std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
    SHA256_Final(digest.data(), &context_);
    std::string text;
    for (const unsigned char byte : digest) text += fmt::format("{:02x}", byte);
    return text;
  }

 private:
  SHA256_CTX context_;
};

/// The files of a directory that decide a model's numbers, in order of their names.
Status add_files(
    const std::filesystem::path& directory, std::string_view config,
    std::vector<std::filesystem::path>& files
) {
  std::vector<std::filesystem::path> found{directory / config};
  std::error_code failure;
  for (std::filesystem::directory_iterator entry(directory, failure), end; entry != end;
       entry.increment(failure)) {
    if (entry->path().extension() == ".safetensors") found.push_back(entry->path());
    if (failure) break;
  }
  if (failure) return error(StatusCode::kIo, directory.native(), "{}", failure.message());
  std::ranges::sort(found);
  files.insert(files.end(), found.begin(), found.end());
  return {};
}

Result<std::vector<std::filesystem::path>> files_of(
    const std::filesystem::path& directory, const std::filesystem::path& adapter
) {
  std::vector<std::filesystem::path> files;
  if (is_graph_file(directory)) return std::vector{directory};
  MARTLET_RETURN_IF_ERROR(add_files(directory, "config.json", files));
  if (!adapter.empty()) MARTLET_RETURN_IF_ERROR(add_files(adapter, "adapter_config.json", files));
  return files;
}

void add_name_and_size(Sha256& sha, const std::filesystem::path& path, std::size_t size) {
  sha.add(fmt::format("{} {}\n", path.filename().native(), size));
}

/// Bytes in front of the weights, or all of a file that is none of safetensors.
std::size_t header_size(const std::filesystem::path& path, std::span<const std::byte> bytes) {
  std::uint64_t size = bytes.size();
  if (path.extension() == ".safetensors" && bytes.size() >= sizeof(size))
    std::memcpy(&size, bytes.data(), sizeof(size));
  return std::min({static_cast<std::size_t>(size), bytes.size(), kMostHeader});
}

Result<std::string> hash_all(const std::vector<std::filesystem::path>& files) {
  Sha256 sha;
  for (const std::filesystem::path& path : files) {
    const auto file = MappedFile::open(path);
    if (!file) return file.error();
    add_name_and_size(sha, path, file->bytes().size());
    sha.add(file->bytes().data(), file->bytes().size());
  }
  return sha.digits();
}

}  // namespace

Result<std::string> model_stamp(
    const std::filesystem::path& directory, const std::filesystem::path& adapter
) {
  const auto files = files_of(directory, adapter);
  if (!files) return files.error();
  Sha256 sha;
  for (const std::filesystem::path& path : *files) {
    const auto file = MappedFile::open(path);
    if (!file) return file.error();
    std::error_code failure;
    const auto written = std::filesystem::last_write_time(path, failure);
    if (failure) return error(StatusCode::kIo, path.native(), "{}", failure.message());
    add_name_and_size(sha, path, file->bytes().size());
    sha.add(fmt::format("{}\n", written.time_since_epoch().count()));
    sha.add(file->bytes().data(), header_size(path, file->bytes()));
  }
  return sha.digits();
}

Result<std::string> model_hash(
    const std::filesystem::path& directory, const std::filesystem::path& adapter
) {
  const auto files = files_of(directory, adapter);
  if (!files) return files.error();
  const auto stamp = model_stamp(directory, adapter);
  if (!stamp) return stamp.error();
  static std::mutex mutex;
  static std::string last_stamp;  // of the model hashed last
  static std::string last_hash;
  {
    const std::lock_guard lock(mutex);
    if (*stamp == last_stamp) return last_hash;
  }
  auto hash = hash_all(*files);
  if (hash) {
    const std::lock_guard lock(mutex);
    last_stamp = *stamp;
    last_hash = *hash;
  }
  return hash;
}

}  // namespace martlet

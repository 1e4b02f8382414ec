#include "formats/model_hash.h"

// The plain functions, not EVP: linked statically they are 15 KB of the program.
#define OPENSSL_API_COMPAT 0x10100000L
#include <fmt/format.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <system_error>
#include <vector>

#include "core/error.h"
#include "core/mapped_file.h"

namespace martlet {

Result<std::string> model_hash(const std::filesystem::path& directory) {
  std::vector<std::filesystem::path> files{directory / "config.json"};
  std::error_code failure;
  for (std::filesystem::directory_iterator entry(directory, failure), end; entry != end;
       entry.increment(failure)) {
    if (entry->path().extension() == ".safetensors") files.push_back(entry->path());
    if (failure) break;
  }
  if (failure) return error(StatusCode::kIo, directory.native(), "{}", failure.message());
  std::ranges::sort(files);

  SHA256_CTX context;
  SHA256_Init(&context);
  for (const std::filesystem::path& path : files) {
    const auto file = MappedFile::open(path);
    if (!file) return file.error();
    const std::string name = fmt::format("{} {}\n", path.filename().native(), file->bytes().size());
    SHA256_Update(&context, name.data(), name.size());
    SHA256_Update(&context, file->bytes().data(), file->bytes().size());
  }
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256_Final(digest.data(), &context);
  std::string text;
  for (const unsigned char byte : digest) text += fmt::format("{:02x}", byte);
  return text;
}

}  // namespace martlet

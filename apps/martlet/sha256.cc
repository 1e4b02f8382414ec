#include "sha256.h"

// The plain functions, not EVP: linked statically they are 15 KB of the program, and libcrypto.so
// would cost every start of it.
#define OPENSSL_API_COMPAT 0x10100000L
#include <fmt/format.h>
#include <openssl/sha.h>

#include <array>
#include <vector>

#include "rows/input_file.h"

namespace martlet::cli {

Result<std::string> sha256_of(const std::filesystem::path& file) {
  auto input = InputFile::open(file);
  if (!input) return input.error();
  SHA256_CTX context;
  SHA256_Init(&context);
  std::vector<char> buffer(std::size_t{1} << 20);
  for (;;) {
    const auto bytes = input->read(buffer);
    if (!bytes) return bytes.error();
    if (*bytes == 0) break;
    SHA256_Update(&context, buffer.data(), *bytes);
  }
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256_Final(digest.data(), &context);
  std::string text;
  for (const unsigned char byte : digest) text += fmt::format("{:02x}", byte);
  return text;
}

}  // namespace martlet::cli

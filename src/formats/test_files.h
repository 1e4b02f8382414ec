// Small files for the tests of this folder: a directory of its own per test, and safetensors bytes
// made from a header's text.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace martlet {

class DirectoryTest : public ::testing::Test {
 protected:
  DirectoryTest() {
    std::string name = (std::filesystem::path(::testing::TempDir()) / "formats_XXXXXX").string();
    directory_ = ::mkdtemp(name.data());
  }
  ~DirectoryTest() override { std::filesystem::remove_all(directory_); }

  [[nodiscard]] std::filesystem::path path(std::string_view name) const {
    return directory_ / name;
  }
  void write(std::string_view name, std::string_view content) const {
    std::filesystem::create_directories(path(name).parent_path());
    std::ofstream file(path(name), std::ios::binary);
    file.write(content.data(), static_cast<std::streamsize>(content.size()));
  }
  [[nodiscard]] static std::string content(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  /// Every name in the directory, so that a left-over temporary file is seen.
  [[nodiscard]] std::size_t entries() const {
    return static_cast<std::size_t>(
        std::distance(std::filesystem::directory_iterator(directory_), {})
    );
  }

 private:
  std::filesystem::path directory_;
};

/// A safetensors file: the header's length, the header, the data.
inline std::string safetensors_bytes(std::string_view header, std::string_view data) {
  const std::uint64_t length = header.size();
  std::string bytes(sizeof(length), '\0');
  std::memcpy(bytes.data(), &length, sizeof(length));
  return bytes.append(header).append(data);
}

inline std::string float_bytes(const std::vector<float>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)};
}

/// A tensor to write: fp32, `values` repeated or cut to fill `shape`.
struct FloatsToWrite {
  std::string name;
  std::vector<std::int64_t> shape;
  std::vector<float> values;
};

inline std::string safetensors_of(const std::vector<FloatsToWrite>& tensors) {
  std::string header = "{";
  std::string data;
  for (const FloatsToWrite& tensor : tensors) {
    std::size_t count = 1;
    for (const std::int64_t size : tensor.shape) count *= static_cast<std::size_t>(size);
    std::vector<float> values(count);
    for (std::size_t i = 0; i < count; ++i) values[i] = tensor.values[i % tensor.values.size()];
    const std::string bytes = float_bytes(values);
    header += fmt::format(
        R"({}"{}":{{"dtype":"F32","shape":[{}],"data_offsets":[{},{}]}})",
        header.size() > 1 ? "," : "", tensor.name, fmt::join(tensor.shape, ","), data.size(),
        data.size() + bytes.size()
    );
    data += bytes;
  }
  return safetensors_bytes(header + "}", data);
}

inline std::span<const std::byte> as_bytes(std::string_view text) {
  return std::as_bytes(std::span(text));
}

}  // namespace martlet

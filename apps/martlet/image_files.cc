#include "image_files.h"

#include <algorithm>
#include <filesystem>

#include "core/error.h"

namespace martlet::cli {
namespace {

namespace fs = std::filesystem;

bool is_image(const fs::path& path) {
  std::string extension = path.extension().string();
  std::ranges::transform(extension, extension.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return extension == ".jpg" || extension == ".jpeg" || extension == ".png";
}

}  // namespace

Result<std::vector<std::string>> list_images(const std::vector<std::string>& paths) {
  std::vector<std::string> files;
  for (const std::string& path : paths) {
    std::error_code failure;
    if (!fs::is_directory(path, failure)) {
      files.push_back(path);
      continue;
    }
    std::vector<std::string> inside;
    for (fs::directory_iterator entry(path, failure), end; !failure && entry != end;
         entry.increment(failure)) {
      if (is_image(entry->path())) inside.push_back(entry->path().string());
    }
    if (failure) return error(StatusCode::kIo, path, "{}", failure.message());
    if (inside.empty()) {
      return error(StatusCode::kNotFound, path, "got a folder without .jpg, .jpeg or .png files");
    }
    std::ranges::sort(inside);
    files.insert(files.end(), inside.begin(), inside.end());
  }
  return files;
}

}  // namespace martlet::cli

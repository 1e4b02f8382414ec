// The files beside an ONNX model that hold weights of it, opened so that nothing outside the
// model's folder is read.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/mapped_file.h"
#include "formats/onnx/model.h"
#include "martlet/status.h"

namespace martlet::onnx {

struct ExternalFile {
  std::string location;  // as the model names it
  MappedFile file;
};

/// Maps every file that a tensor of `model` refers to. The model's folder is trusted, what is below
/// it is not: a location that is absolute or leads upwards, a symbolic link, a file with other
/// names (hard links), or anything but a regular file is kInvalidModel, and so is a tensor that
/// lies beyond its file. Opening is one step that the kernel checks, so files cannot be swapped
/// between check and use.
Result<std::vector<ExternalFile>> open_external_files(
    const Model& model, const std::filesystem::path& model_path
);

}  // namespace martlet::onnx

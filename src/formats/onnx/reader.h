// Reads ONNX files of others: bounded in memory and depth, every size checked.
#pragma once

#include <filesystem>
#include <span>
#include <string_view>

#include "core/mapped_file.h"
#include "formats/onnx/model.h"
#include "martlet/status.h"

namespace martlet::onnx {

/// What is understood of the model in `bytes`, into which its tensors point. `where` names it in
/// messages. kInvalidModel for bytes that are no ONNX model, kUnsupported for a model of more nodes
/// or nesting than any real one.
Result<Model> parse_model(std::span<const std::byte> bytes, std::string_view where);

/// A model and the mapped file its tensors point into.
struct ModelFile {
  MappedFile file;
  Model model;
};

Result<ModelFile> open_model(const std::filesystem::path& path);

}  // namespace martlet::onnx

// Writes ONNX files: whole or not at all, with the weights in a file beside the model where one
// file cannot hold them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "formats/onnx/model.h"
#include "martlet/status.h"

namespace martlet::onnx {

/// What a reader of Protocol Buffers accepts at most is 2 GiB; the graph itself needs some of it.
inline constexpr std::uint64_t kLargestModel = (std::uint64_t{1} << 31) - (std::uint64_t{64} << 20);

struct WriteOptions {
  /// Weights of a model with more bytes of them than this go to PATH.data.
  std::uint64_t largest_model = kLargestModel;
};

/// Writes the model to `path`, and its weights to `path`.data where they are too many. A tensor
/// whose data does not fit its shape is kInvalidArgument.
Status write_model(
    const Model& model, const std::filesystem::path& path, const WriteOptions& options = {}
);

/// The bytes that write_model would write to one file.
Result<std::string> serialize_model(const Model& model);

}  // namespace martlet::onnx

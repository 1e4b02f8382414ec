// `martlet merge`: a base model and a LoRA adapter as one plain Hugging Face directory.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "martlet/status.h"

namespace martlet {

struct MergeOptions {
  /// Names of the classifier's outputs, in order. Empty: the base's where it has as many, else
  /// LABEL_0, LABEL_1, ...
  std::vector<std::string> labels = {};
  /// Replace `out` when it is the output of a merge.
  bool overwrite = false;
};

/// Writes config.json, model.safetensors (fp32) and the tokenizer's files to the directory `out`,
/// whole or not at all, as transformers' class for the adapter's task saves them; an encoder keeps
/// its sentence-transformers files, too. tokenizer.json loses its `truncation` and `padding`: they
/// are settings of a call, and those of the program that made the base would surprise the users of
/// the merged model.
///
/// kInvalidArgument when `out` holds anything, or for labels that do not fit the classifier;
/// otherwise as Checkpoint::open.
Status merge_adapter(
    const std::filesystem::path& model, const std::filesystem::path& adapter,
    const std::filesystem::path& out, const MergeOptions& options = {}
);

}  // namespace martlet

// What config.json says about a model's task, in whatever family it is.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "formats/json.h"
#include "martlet/status.h"

namespace martlet {

struct TaskConfig {
  std::vector<std::string> architectures;  // "BertForSequenceClassification"; may be empty
  std::vector<std::string> labels;  // id2label in id order; LABEL_i where only num_labels is given
  std::string problem_type;         // "", "regression", "single_label_classification",
                                    // "multi_label_classification"
  std::string activation_fn;        // sentence-transformers: what a cross-encoder's score goes
                                    // through, "torch.nn.modules.linear.Identity"; may be empty
};

/// Failures are the reader's.
TaskConfig read_task_config(JsonReader& reader);

/// From MODEL/config.json, or what belongs to a graph file; see graph_file.h. Any model_type is
/// fine.
Result<TaskConfig> load_task_config(const std::filesystem::path& model);

}  // namespace martlet

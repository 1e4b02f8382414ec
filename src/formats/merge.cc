#include "formats/merge.h"

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <set>

#include "core/error.h"
#include "core/mapped_file.h"
#include "formats/atomic_directory.h"
#include "formats/atomic_file.h"
#include "formats/checkpoint.h"
#include "formats/hf_config.h"
#include "formats/json_edit.h"
#include "formats/lora_config.h"
#include "formats/sentence_transformers.h"
#include "formats/task_model.h"

namespace martlet {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kConfig = "config.json";
constexpr std::string_view kWeights = "model.safetensors";
constexpr std::string_view kTokenizer = "tokenizer.json";
/// Copied as they are, where the base has them.
constexpr std::string_view kCopied[] = {
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.txt",
    "vocab.json",
    "merges.txt",
    "sentencepiece.bpe.model",
    "spiece.model",
};

bool is_ours(std::string_view name) {
  return name == kConfig || name == kWeights || name == kTokenizer ||
         std::ranges::find(kCopied, name) != std::end(kCopied);
}

/// May `out` be made? What would be deleted must be the files of an earlier merge and nothing else.
Status check_out(const fs::path& out, const MergeOptions& options) {
  std::error_code ignored;
  if (!fs::exists(out, ignored)) return {};
  if (!fs::is_directory(out, ignored)) {
    return error(StatusCode::kInvalidArgument, out.string(), "got a file, expected a directory");
  }
  if (fs::is_empty(out, ignored)) return {};
  if (!options.overwrite || !fs::exists(out / kConfig, ignored)) {
    return error(
        StatusCode::kInvalidArgument, out.string(),
        "got a directory with files in it, expected a new or an empty one"
    );
  }
  for (const fs::directory_entry& entry : fs::directory_iterator(out, ignored)) {
    const std::string name = entry.path().filename().string();
    if (is_ours(name) && entry.is_regular_file(ignored)) continue;
    return error(
        StatusCode::kInvalidArgument, out.string(),
        "got {} in it, which a merge does not write, expected only the files of a merged model",
        in_quotes(name)
    );
  }
  return {};
}

Status refuse_input_as_output(const fs::path& input, const fs::path& out) {
  std::error_code ignored;
  if (!fs::equivalent(input, out, ignored)) return {};
  return error(
      StatusCode::kInvalidArgument, out.string(), "got the input as the output, expected another"
  );
}

/// The weights of `model`'s class, adapter merged.
class MergedWeights {
 public:
  static Result<MergedWeights> read(const Checkpoint& checkpoint, const TaskModel& model) {
    MergedWeights weights;
    for (const std::string& name : checkpoint.names()) {
      std::string saved = model.saved_name(name);
      if (saved.empty()) continue;
      const Tensor& stored = *checkpoint.find(name);
      auto values = checkpoint.read(name, stored.shape);
      if (!values) return values.status();
      weights.tensors_.push_back(
          {std::move(saved), Dtype::kF32, stored.shape, std::as_bytes(values->values())}
      );
      weights.values_.push_back(std::move(*values));
    }
    return weights;
  }

  [[nodiscard]] const Tensor* find(std::string_view name) const {
    const auto tensor = std::ranges::find(tensors_, name, &Tensor::name);
    return tensor == tensors_.end() ? nullptr : &*tensor;
  }
  /// The class must find all of its head, or it would start with random numbers there.
  Status check(const TaskModel& model, const fs::path& adapter) const {
    std::vector<std::string> needed;
    for (const std::string_view head : model.heads) {
      if (!head.empty()) needed.emplace_back(head);
    }
    if (model.classifies() && model.pooler) {
      needed.push_back(std::string(base_model_prefix(model.model_type)).append("pooler.dense"));
    }
    for (const std::string& module : needed) {
      for (const std::string& name : {module + ".weight", module + ".bias"}) {
        if (find(name) != nullptr) continue;
        return error(
            StatusCode::kInvalidModel, adapter.string(),
            "got no {} in the adapter or its base, expected it for {}", in_quotes(name),
            model.architecture
        );
      }
    }
    return {};
  }
  Status write(const fs::path& path) const {
    return write_safetensors(path, tensors_, {{"format", "pt"}});
  }

 private:
  std::vector<FloatTensor> values_;
  std::vector<Tensor> tensors_;  // their bytes are in values_ or in the checkpoint
};

Result<std::vector<std::string>> choose_labels(
    const MergedWeights& weights, const TaskModel& model, const HfConfig& base,
    const MergeOptions& options
) {
  const std::string classifier = std::string(model.heads[0]).append(".weight");
  const std::vector<std::int64_t>& shape = weights.find(classifier)->shape;
  if (shape.size() != 2 || shape[0] < 1 || shape[0] > (1 << 20)) {
    return error(
        StatusCode::kInvalidModel, classifier, "got shape [{}], expected [labels, hidden_size]",
        fmt::join(shape, ", ")
    );
  }
  const auto count = static_cast<std::size_t>(shape[0]);
  if (options.labels.empty()) {
    if (base.labels.size() == count) return base.labels;
    std::vector<std::string> labels;
    for (std::size_t i = 0; i < count; ++i) labels.push_back(fmt::format("LABEL_{}", i));
    return labels;
  }
  const std::set<std::string> distinct(options.labels.begin(), options.labels.end());
  if (options.labels.size() == count && distinct.size() == count && !distinct.contains("")) {
    return options.labels;
  }
  return error(
      StatusCode::kInvalidArgument, "labels", "got {}, expected {} different names",
      in_quotes(fmt::format("{}", fmt::join(options.labels, ","))), count
  );
}

std::string json_text(std::string_view text) {
  return boost::json::serialize(boost::json::string_view(text));
}

/// {"0": "NEGATIVE", ...} or the other way round, on lines of their own as in the files that
/// transformers writes.
std::string label_map(const std::vector<std::string>& labels, bool id_first) {
  std::string text = "{";
  for (std::size_t i = 0; i < labels.size(); ++i) {
    text += i == 0 ? "\n    " : ",\n    ";
    text += id_first ? fmt::format("\"{}\": {}", i, json_text(labels[i]))
                     : fmt::format("{}: {}", json_text(labels[i]), i);
  }
  return text + "\n  }";
}

std::vector<JsonEdit> config_edits(const TaskModel& model, const std::vector<std::string>& labels) {
  std::vector<JsonEdit> edits = {
      {"architectures", fmt::format("[\n    \"{}\"\n  ]", model.architecture)},
      {"dtype", std::nullopt},  // fp32 now, which is what a loader takes when it is not said
      {"torch_dtype", std::nullopt},
      {"_name_or_path", std::nullopt},
      {"_num_labels", std::nullopt},
      {"num_labels", std::nullopt},
  };
  if (model.classifies()) {
    edits.push_back({"id2label", label_map(labels, true)});
    edits.push_back({"label2id", label_map(labels, false)});
  }
  return edits;
}

Status write_text(const fs::path& path, std::string_view text) {
  auto file = AtomicFile::open(path);
  if (!file) return file.status();
  MARTLET_RETURN_IF_ERROR(file->write(text));
  return file->commit();
}

Status copy_bytes(const fs::path& from, const fs::path& to) {
  const auto file = MappedFile::open(from);
  if (!file) return file.status();
  return write_text(to, file->text());
}

Status write_edited(const fs::path& from, const fs::path& to, std::span<const JsonEdit> edits) {
  const auto file = MappedFile::open(from);
  if (!file) return file.status();
  const auto text = edit_json_object(file->text(), from.string(), edits);
  if (!text) return text.status();
  return write_text(to, *text);
}

Status write_tokenizer(const fs::path& model, const fs::path& out) {
  std::error_code ignored;
  if (fs::exists(model / kTokenizer, ignored)) {
    const JsonEdit edits[] = {
        {"truncation", "null", /*add=*/false}, {"padding", "null", /*add=*/false}
    };
    MARTLET_RETURN_IF_ERROR(write_edited(model / kTokenizer, out / kTokenizer, edits));
  }
  for (const std::string_view name : kCopied) {
    if (!fs::exists(model / name, ignored)) continue;
    MARTLET_RETURN_IF_ERROR(copy_bytes(model / name, out / name));
  }
  return {};
}

/// An encoder goes on making the embeddings that the base's modules.json describes.
Status write_layout(const fs::path& model, const fs::path& out) {
  const auto layout = load_sentence_transformers(model);
  if (!layout) return layout.status();
  if (!*layout) return {};
  for (const fs::path& name : (*layout)->files) {
    std::error_code code;
    fs::create_directories((out / name).parent_path(), code);
    if (code) {
      return error(
          StatusCode::kIo, out.string(), "cannot create {}: {}", name.string(), code.message()
      );
    }
    MARTLET_RETURN_IF_ERROR(copy_bytes(model / name, out / name));
  }
  return {};
}

}  // namespace

Status merge_adapter(
    const fs::path& model, const fs::path& adapter, const fs::path& out, const MergeOptions& options
) {
  MARTLET_RETURN_IF_ERROR(check_out(out, options));
  MARTLET_RETURN_IF_ERROR(refuse_input_as_output(model, out));
  MARTLET_RETURN_IF_ERROR(refuse_input_as_output(adapter, out));

  const auto config = load_hf_config(model);
  if (!config) return config.status();
  const auto lora = load_lora_config(adapter);
  if (!lora) return lora.status();
  const auto task = find_task_model(*config, lora->task_type, adapter.string());
  if (!task) return task.status();
  const auto checkpoint = Checkpoint::open(model, adapter);
  if (!checkpoint) return checkpoint.status();
  const auto weights = MergedWeights::read(*checkpoint, *task);
  if (!weights) return weights.status();
  MARTLET_RETURN_IF_ERROR(weights->check(*task, adapter));
  Result<std::vector<std::string>> labels;
  if (task->classifies()) labels = choose_labels(*weights, *task, *config, options);
  if (!labels) return labels.status();

  auto directory = AtomicDirectory::create(out);
  if (!directory) return directory.status();
  const auto write_files = [&](const fs::path& place) -> Status {
    MARTLET_RETURN_IF_ERROR(
        write_edited(model / kConfig, place / kConfig, config_edits(*task, *labels))
    );
    MARTLET_RETURN_IF_ERROR(weights->write(place / kWeights));
    MARTLET_RETURN_IF_ERROR(write_tokenizer(model, place));
    return task->classifies() ? Status() : write_layout(model, place);
  };
  MARTLET_RETURN_IF_ERROR(directory->named(write_files(directory->path())));
  return directory->commit();
}

}  // namespace martlet

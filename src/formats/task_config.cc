#include "formats/task_config.h"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <charconv>
#include <optional>

#include "formats/graph_file.h"

namespace martlet {
namespace {

constexpr std::int32_t kMaxLabels = 1 << 20;

void read_architectures(JsonReader& reader, TaskConfig& config) {
  const auto* names = reader.array("architectures");
  if (names == nullptr) return;
  for (const auto& name : *names) {
    if (!name.is_string()) return reader.reject("architectures", describe(name), "strings");
    config.architectures.emplace_back(name.get_string());
  }
}

std::optional<std::size_t> parse_id(std::string_view text) {
  std::size_t id = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (failure != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return id;
}

/// {"1": "POSITIVE", "0": "NEGATIVE"}: ids in any order, each of 0 .. n-1 once.
void read_id2label(
    JsonReader& reader, const boost::json::object& id2label, std::vector<std::string>& labels
) {
  const std::string expected = fmt::format("the ids 0 to {}, once each", id2label.size() - 1);
  labels.resize(id2label.size());
  std::vector<bool> seen(id2label.size());
  for (const auto& entry : id2label) {
    const std::optional<std::size_t> id = parse_id(entry.key());
    if (!id || *id >= labels.size() || seen[*id]) {
      return reader.reject("id2label", "the id " + in_quotes(entry.key()), expected);
    }
    if (!entry.value().is_string()) {
      return reader.reject("id2label", describe(entry.value()), "strings");
    }
    seen[*id] = true;
    labels[*id] = entry.value().get_string();
  }
}

void read_labels(JsonReader& reader, TaskConfig& config) {
  const auto* id2label = reader.object("id2label");
  if (id2label != nullptr) {
    if (!id2label->empty()) read_id2label(reader, *id2label, config.labels);
    return;
  }
  std::int32_t count = 0;
  reader.get("num_labels", count, {.min = 0, .max = kMaxLabels});
  for (std::int32_t i = 0; i < count; ++i) config.labels.push_back(fmt::format("LABEL_{}", i));
}

void read_problem_type(JsonReader& reader, TaskConfig& config) {
  reader.get("problem_type", config.problem_type);
  for (const std::string_view known :
       {"", "regression", "single_label_classification", "multi_label_classification"}) {
    if (config.problem_type == known) return;
  }
  reader.reject(
      "problem_type", in_quotes(config.problem_type),
      "regression, single_label_classification or multi_label_classification"
  );
}

/// Under the name of today, else of the years before.
void read_activation_fn(JsonReader& reader, TaskConfig& config) {
  if (const auto* section = reader.object("sentence_transformers")) {
    const auto* name = section->if_contains("activation_fn");
    if (name != nullptr && name->is_string()) config.activation_fn = name->get_string();
  }
  const auto* old = reader.find("sbert_ce_default_activation_function");
  if (config.activation_fn.empty() && old != nullptr && old->is_string())
    config.activation_fn = old->get_string();
}

}  // namespace

TaskConfig read_task_config(JsonReader& reader) {
  TaskConfig config;
  read_architectures(reader, config);
  read_labels(reader, config);
  read_problem_type(reader, config);
  read_activation_fn(reader, config);
  return config;
}

Result<TaskConfig> load_task_config(const std::filesystem::path& model) {
  const auto text = model_text(model, onnx_metadata::kConfig, "config.json");
  if (!text) return text.error();
  const auto root = parse_json_object(text->text, text->where);
  if (!root) return root.error();
  JsonReader reader(*root, text->where);
  TaskConfig config = read_task_config(reader);
  if (!reader.status().ok()) return reader.status();
  return config;
}

}  // namespace martlet

#include "server/routes/v2_documents.h"

#include <utility>

#include "formats/json_writer.h"
#include "server/routes/v2_body.h"
#include "server/v2/infer.h"

namespace martlet {
namespace {

void append_tally(JsonObject& stats, std::string_view name, uint64_t count, int64_t nanoseconds) {
  JsonObject tally(stats.key(name));
  tally.member("count", static_cast<int64_t>(count));
  tally.member("ns", nanoseconds);
}

void append_tally(JsonObject& stats, std::string_view name, const Tally& tally) {
  append_tally(stats, name, tally.count, tally.total.count());
}

void append_statistics(std::string& out, const ModelInfo& info, const ModelStatistics& model) {
  JsonObject object(out);
  object.member("name", info.name);
  object.member("version", info.version);
  object.member("last_inference", model.last_inference_ms);
  object.member("inference_count", static_cast<int64_t>(model.texts));
  object.member("execution_count", static_cast<int64_t>(model.batches));
  {
    JsonObject stats(object.key("inference_stats"));
    append_tally(stats, "success", model.success);
    append_tally(stats, "fail", model.failure);
    append_tally(stats, "queue", model.queue);
    append_tally(stats, "compute_input", model.tokenize);
    append_tally(stats, "compute_infer", model.run);
    append_tally(stats, "compute_output", model.success.count, 0);
    append_tally(stats, "cache_hit", 0, 0);
    append_tally(stats, "cache_miss", 0, 0);
  }
  JsonArray batches(object.key("batch_stats"));
  for (const auto& [size, tally] : model.batch_sizes) {
    JsonObject batch(batches.next());
    batch.member("batch_size", size);
    append_tally(batch, "compute_input", tally.count, 0);
    append_tally(batch, "compute_infer", tally);
    append_tally(batch, "compute_output", tally.count, 0);
  }
}

void append_config_tensors(
    std::string& out, const std::vector<V2TensorMetadata>& required,
    const std::vector<V2TensorMetadata>& optional
) {
  JsonArray list(out);
  const auto append = [&](const V2TensorMetadata& tensor, bool is_optional) {
    JsonObject object(list.next());
    object.member("name", tensor.name);
    const bool text = tensor.type == V2Type::kBytes;
    object.member(
        "data_type", text ? "TYPE_STRING" : "TYPE_" + std::string(to_string(tensor.type))
    );
    {
      JsonArray dims(object.key("dims"));
      for (const int64_t dimension : tensor.shape) write_json_number(dims.next(), dimension);
    }
    if (is_optional) object.member("optional", true);
  };
  for (const V2TensorMetadata& tensor : required) append(tensor, false);
  for (const V2TensorMetadata& tensor : optional) append(tensor, true);
}

}  // namespace

std::string v2_server_metadata() {
  std::string body;
  {
    JsonObject object(body);
    object.member("name", "martlet");
    object.member("version", MARTLET_VERSION);
    JsonArray extensions(object.key("extensions"));
    for (const std::string_view extension :
         {"binary_tensor_data", "classification", "model_configuration", "model_repository(index)",
          "parameters", "statistics"})
      write_json_string(extensions.next(), extension);
  }
  return body;
}

std::string v2_model_metadata(const ModelInfo& info) {
  std::string body;
  {
    JsonObject object(body);
    object.member("name", info.name);
    {
      JsonArray versions(object.key("versions"));
      write_json_string(versions.next(), info.version);
    }
    object.member("platform", v2_platform(info));
    append_v2_metadata(object.key("inputs"), v2_inputs(info));
    append_v2_metadata(object.key("outputs"), v2_outputs(info));
  }
  return body;
}

std::string v2_model_config(const ModelInfo& info, const ServingOptions& serving) {
  std::string body;
  {
    JsonObject object(body);
    object.member("name", info.name);
    object.member("platform", v2_platform(info));
    object.member("backend", "martlet");
    // The first dimension is part of the shapes: requests of any size are batched by their tokens.
    object.member("max_batch_size", 0);
    append_config_tensors(object.key("input"), v2_inputs(info), v2_optional_inputs(info));
    append_config_tensors(object.key("output"), v2_outputs(info), {});
    JsonObject parameters(object.key("parameters"));
    const auto add = [&](std::string_view name, const std::string& value) {
      JsonObject(parameters.key(name)).member("string_value", value);
    };
    add("task", std::string(to_string(info.task)));
    add("precision", info.encoder.precision);
    add("isa", info.encoder.isa);
    add("max_length", std::to_string(info.max_length));
    add("max_batch_tokens", std::to_string(serving.batch_tokens));
    add("sha256", info.hash);
  }
  return body;
}

std::string v2_statistics(const std::vector<std::pair<ModelInfo, ModelStatistics>>& models) {
  std::string body;
  {
    JsonObject object(body);
    JsonArray list(object.key("model_stats"));
    for (const auto& [info, statistics] : models) append_statistics(list.next(), info, statistics);
  }
  return body;
}

std::string v2_repository_index(const std::vector<ModelEntry>& entries, bool ready_only) {
  std::string body;
  {
    JsonArray list(body);
    for (const ModelEntry& entry : entries) {
      if (ready_only && entry.state != ModelState::kReady) continue;
      JsonObject object(list.next());
      object.member("name", entry.name);
      object.member("version", "1");
      object.member("state", to_string(entry.state));
      object.member("reason", entry.reason);
    }
  }
  return body;
}

}  // namespace martlet

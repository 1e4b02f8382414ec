#include <algorithm>
#include <type_traits>
#include <variant>

#include "server/grpc/v2_messages.h"

namespace martlet {
namespace {

using inference::ModelInferRequest;
using inference::ModelInferResponse;

void write_value(const V2Value& value, inference::InferParameter& out) {
  if (const auto* flag = std::get_if<bool>(&value)) out.set_bool_param(*flag);
  if (const auto* integer = std::get_if<int64_t>(&value)) out.set_int64_param(*integer);
  if (const auto* number = std::get_if<double>(&value)) out.set_double_param(*number);
  if (const auto* text = std::get_if<std::string>(&value)) out.set_string_param(*text);
}

void write_typed(const V2Output& output, inference::InferTensorContents& contents) {
  contents.mutable_fp32_contents()->Add(output.numbers.begin(), output.numbers.end());
  for (const std::string& text : output.texts) contents.add_bytes_contents(text);
}

inference::DataType config_type(V2Type type) {
  if (type == V2Type::kBytes) return inference::TYPE_STRING;
  inference::DataType found = inference::TYPE_INVALID;
  inference::DataType_Parse("TYPE_" + std::string(to_string(type)), &found);
  return found;
}

void write_tally(const Tally& tally, inference::StatisticDuration& out) {
  out.set_count(tally.count);
  out.set_ns(static_cast<uint64_t>(std::max<int64_t>(tally.total.count(), 0)));
}

}  // namespace

void write_infer_response(
    const ModelInfo& info, const ModelInferRequest& request, const V2Answer& answer,
    ModelInferResponse& response
) {
  response.set_model_name(info.name);
  response.set_model_version(info.version);
  response.set_id(request.id());
  for (const auto& [name, value] : answer.parameters) {
    write_value(value, (*response.mutable_parameters())[name]);
  }
  // Not every type has typed contents, and an answer has one kind.
  const bool raw = request.raw_input_contents_size() != 0 ||
                   std::ranges::any_of(answer.outputs, [](const V2Output& output) {
                     return !output.bytes.empty();
                   });
  for (const V2Output& output : answer.outputs) {
    auto& tensor = *response.add_outputs();
    tensor.set_name(output.name);
    tensor.set_datatype(std::string(to_string(output.type)));
    tensor.mutable_shape()->Add(output.shape.begin(), output.shape.end());
    if (raw) {
      append_raw(output, *response.add_raw_output_contents());
    } else {
      write_typed(output, *tensor.mutable_contents());
    }
  }
}

void write_model_metadata(const ModelInfo& info, inference::ModelMetadataResponse& response) {
  response.set_name(info.name);
  response.add_versions(info.version);
  response.set_platform(std::string(v2_platform(info)));
  const auto write = [](const V2TensorMetadata& tensor, auto& out) {
    out.set_name(tensor.name);
    out.set_datatype(std::string(to_string(tensor.type)));
    out.mutable_shape()->Add(tensor.shape.begin(), tensor.shape.end());
  };
  for (const auto& input : v2_inputs(info)) write(input, *response.add_inputs());
  for (const auto& output : v2_outputs(info)) write(output, *response.add_outputs());
}

void write_model_config(
    const ModelInfo& info, const ServingOptions& serving, inference::ModelConfig& config
) {
  config.set_name(info.name);
  config.set_platform(std::string(v2_platform(info)));
  config.set_backend("martlet");
  config.set_max_batch_size(0);
  for (const auto& input : v2_inputs(info)) {
    auto& out = *config.add_input();
    out.set_name(input.name);
    out.set_data_type(config_type(input.type));
    out.mutable_dims()->Add(input.shape.begin(), input.shape.end());
  }
  for (const auto& output : v2_outputs(info)) {
    auto& out = *config.add_output();
    out.set_name(output.name);
    out.set_data_type(config_type(output.type));
    out.mutable_dims()->Add(output.shape.begin(), output.shape.end());
  }
  auto& batching = *config.mutable_dynamic_batching();
  batching.set_max_queue_delay_microseconds(static_cast<uint64_t>(serving.max_wait.count()));
  batching.set_priority_levels(3);
  batching.set_default_priority_level(2);
}

void write_model_statistics(
    const ModelInfo& info, const ModelStatistics& statistics, inference::ModelStatistics& out
) {
  out.set_name(info.name);
  out.set_version(info.version);
  out.set_last_inference(static_cast<uint64_t>(statistics.last_inference_ms));
  out.set_inference_count(statistics.texts);
  out.set_execution_count(statistics.batches);
  auto& times = *out.mutable_inference_stats();
  write_tally(statistics.success, *times.mutable_success());
  write_tally(statistics.failure, *times.mutable_fail());
  write_tally(statistics.queue, *times.mutable_queue());
  write_tally(statistics.tokenize, *times.mutable_compute_input());
  write_tally(statistics.run, *times.mutable_compute_infer());
  for (const auto& [texts, runs] : statistics.batch_sizes) {
    auto& batch = *out.add_batch_stats();
    batch.set_batch_size(static_cast<uint64_t>(texts));
    write_tally(runs, *batch.mutable_compute_infer());
  }
}

}  // namespace martlet

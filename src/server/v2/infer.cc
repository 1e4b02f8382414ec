#include "server/v2/infer.h"

#include <algorithm>
#include <limits>
#include <set>

#include "core/error.h"
#include "formats/json.h"
#include "server/v2/graph_tensors.h"
#include "server/v2/text_inputs.h"

namespace martlet {
namespace {

constexpr std::string_view kWhere = "infer";

Status bad_parameter(std::string_view name, std::string_view expected) {
  return error(
      StatusCode::kInvalidInput, kWhere, "parameter {}, expected {}", in_quotes(name), expected
  );
}

/// The integer of that name in [min, max]; `fallback` where there is none.
Result<int64_t> integer(
    const V2Parameters& parameters, std::string_view name, IntegerRange range, int64_t fallback
) {
  const V2Value* value = find_parameter(parameters, name);
  if (value == nullptr) return fallback;
  const auto* number = std::get_if<int64_t>(value);
  if (number != nullptr && *number >= range.min && *number <= range.max) return *number;
  return bad_parameter(name, fmt::format("an integer between {} and {}", range.min, range.max));
}

Status read_options(
    const V2Parameters& parameters, std::chrono::steady_clock::time_point received,
    RequestOptions& options
) {
  constexpr int64_t kLongest = int64_t{24} * 3600 * 1'000'000;
  const auto priority = integer(parameters, "priority", {0, 3}, 0);
  if (!priority) return priority.error();
  if (*priority > 0) options.priority = static_cast<Priority>(*priority - 1);
  const auto timeout = integer(parameters, "timeout", {0, kLongest}, 0);
  if (!timeout) return timeout.error();
  if (*timeout > 0) options.deadline = received + std::chrono::microseconds(*timeout);
  const auto length =
      integer(parameters, "max_length", {0, std::numeric_limits<int32_t>::max()}, 0);
  if (!length) return length.error();
  options.max_length = static_cast<int32_t>(*length);
  if (const V2Value* truncate = find_parameter(parameters, "truncate")) {
    if (!std::holds_alternative<bool>(*truncate)) return bad_parameter("truncate", "true or false");
    options.truncate = std::get<bool>(*truncate);
  }
  return {};
}

Result<std::vector<V2Plan::Output>> read_outputs(
    const std::vector<V2TensorMetadata>& all, const std::vector<V2WantedOutput>& wanted
) {
  std::vector<V2Plan::Output> outputs;
  std::set<std::string_view> names;
  for (const V2WantedOutput& output : wanted) {
    if (!names.insert(output.name).second) {
      return error(
          StatusCode::kInvalidInput, kWhere, "got the output {} twice", in_quotes(output.name)
      );
    }
    if (std::ranges::find(all, output.name, &V2TensorMetadata::name) == all.end()) {
      return error(
          StatusCode::kInvalidInput, kWhere, "there is no output {}", in_quotes(output.name)
      );
    }
    const auto classes =
        integer(output.parameters, "classification", {0, std::numeric_limits<int32_t>::max()}, 0);
    if (!classes) return classes.error();
    if (*classes > 0 && output.name != "logits")
      return bad_parameter("classification", "it of the output \"logits\" only");
    outputs.push_back({output.name, static_cast<int32_t>(*classes)});
  }
  if (outputs.empty()) {
    for (const V2TensorMetadata& output : all) outputs.push_back({output.name});
  }
  return outputs;
}

/// For the graph as it is. Its logits have no labels here: `classification` is not for them.
Result<V2Plan> plan_tensors(const ModelInfo& info, V2InferRequest& request, V2Plan& plan) {
  auto outputs = read_outputs(v2_tensors(info.signature.outputs), request.outputs);
  if (!outputs) return outputs.error();
  auto inputs = read_v2_tensors(info.signature, std::move(request.inputs));
  if (!inputs) return inputs.error();
  TensorRequest& tensors = plan.tensors.emplace();
  tensors.inputs = *std::move(inputs);
  for (V2Plan::Output& output : *outputs) {
    if (output.classes > 0) return bad_parameter("classification", "it with images only");
    tensors.outputs.push_back(std::move(output.name));
  }
  return std::move(plan);
}

}  // namespace

const V2Value* find_parameter(const V2Parameters& parameters, std::string_view name) {
  const auto found =
      std::ranges::find_if(parameters, [&](const auto& p) { return p.first == name; });
  return found == parameters.end() ? nullptr : &found->second;
}

std::vector<V2TensorMetadata> v2_inputs(const ModelInfo& info) {
  if (info.task == ModelTask::kTensors) return v2_tensors(info.signature.inputs);
  if (info.task == ModelTask::kImageClassification) return {{"image", V2Type::kBytes, {-1}}};
  return {{"text", V2Type::kBytes, {-1}}};
}

std::vector<V2TensorMetadata> v2_optional_inputs(const ModelInfo& info) {
  if (info.task == ModelTask::kTensors) return {};
  if (info.task == ModelTask::kImageClassification) return v2_tensors(info.signature.inputs);
  return {
      {"text_pair", V2Type::kBytes, {-1}},
      {"input_ids", V2Type::kInt64, {-1, -1}},
      {"attention_mask", V2Type::kInt64, {-1, -1}},
      {"token_type_ids", V2Type::kInt64, {-1, -1}},
  };
}

std::vector<V2TensorMetadata> v2_outputs(const ModelInfo& info) {
  if (info.task == ModelTask::kTensors) return v2_tensors(info.signature.outputs);
  if (info.task == ModelTask::kTokenClassification) return {{"entities", V2Type::kBytes, {-1}}};
  if (info.task == ModelTask::kEmbedding)
    return {{"embedding", V2Type::kFp32, {-1, info.columns()}}};
  return {
      {"logits", V2Type::kFp32, {-1, info.columns()}},
      {"label", V2Type::kBytes, {-1}},
      {"score", V2Type::kFp32, {-1}},
  };
}

std::string_view v2_platform(const ModelInfo& info) noexcept {
  if (info.encoder.engine == "onnxruntime") return "onnxruntime_onnx";
  return info.encoder.engine == "openvino" ? "openvino" : "martlet_safetensors";
}

Status check_v2_version(const ModelInfo& info, std::string_view version) {
  if (version.empty() || version == info.version) return {};
  return error(
      StatusCode::kNotFound, kWhere, "model {}: there is no version {}, expected {}",
      in_quotes(info.name), in_quotes(version), info.version
  );
}

Result<V2Plan> plan_v2(
    const ModelInfo& info, V2InferRequest&& request, std::chrono::steady_clock::time_point received
) {
  V2Plan plan;
  MARTLET_RETURN_IF_ERROR(read_options(request.parameters, received, plan.options));
  const bool images =
      info.task == ModelTask::kImageClassification &&
      std::ranges::find(request.inputs, "image", &V2Tensor::name) != request.inputs.end();
  if (!images && !info.signature.inputs.empty()) return plan_tensors(info, request, plan);
  auto outputs = read_outputs(v2_outputs(info), request.outputs);
  if (!outputs) return outputs.error();
  plan.outputs = *std::move(outputs);
  auto inputs =
      images ? read_v2_images(std::move(request.inputs)) : read_v2_texts(std::move(request.inputs));
  if (!inputs) return inputs.error();
  plan.inputs = *std::move(inputs);
  return plan;
}

}  // namespace martlet

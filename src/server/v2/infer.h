// An infer request of the Open Inference Protocol as texts for a model, and the model's answers as
// output tensors. REST and gRPC both stand on this.
//
// A model takes `text` (BYTES, one element a text) and optionally `text_pair`; or the ids that its
// tokenizer gives: `input_ids` with `attention_mask` and `token_type_ids` (integers, [texts,
// tokens]). A model of images takes `image` (BYTES, one JPEG or PNG file an element), and any graph
// its own inputs, for its own outputs. A classifier gives `logits`, `label` and `score`, an
// embedding model `embedding`, a token classifier `entities` (BYTES): for each text a JSON list of
// objects with label, score, word, start and end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "martlet/status.h"
#include "server/service/model_info.h"
#include "server/service/request.h"
#include "server/service/tensor_service.h"
#include "server/v2/tensor.h"

namespace martlet {

using V2Value = std::variant<bool, int64_t, double, std::string>;
using V2Parameters = std::vector<std::pair<std::string, V2Value>>;

/// The value of `name`; null when there is none.
const V2Value* find_parameter(const V2Parameters& parameters, std::string_view name);

struct V2WantedOutput {
  std::string name;
  V2Parameters parameters = {};
};

struct V2InferRequest {
  std::string id;
  /// priority (1: interactive, 2: normal, 3: bulk), timeout (microseconds), truncate (bool),
  /// max_length (tokens); others are ignored.
  V2Parameters parameters;
  std::vector<V2Tensor> inputs;
  /// Empty: all that the model has. `classification`: k asks for "value:index:label" of the best k.
  std::vector<V2WantedOutput> outputs;
};

/// What to compute, and what of it to give back.
struct V2Plan {
  struct Output {
    std::string name;
    int32_t classes = 0;  // of `classification`; 0: the tensor itself
  };

  std::vector<TextInput> inputs;  // texts, or images
  /// What to ask of the graph instead.
  std::optional<TensorRequest> tensors = {};
  RequestOptions options;
  std::vector<Output> outputs;
};

/// `FP32` in numbers, `BYTES` in texts, all others as they are in memory.
struct V2Output {
  std::string name;
  V2Type type = V2Type::kFp32;
  std::vector<int64_t> shape;
  std::vector<float> numbers = {};
  std::vector<std::string> texts = {};
  std::vector<std::byte> bytes = {};
};

struct V2Answer {
  std::vector<V2Output> outputs;
  V2Parameters parameters;  // tokens, truncated_texts and, where texts were cut, original_tokens
};

/// Name, type and shape of an input or output; -1 is a dimension that varies.
struct V2TensorMetadata {
  std::string name;
  V2Type type = V2Type::kBytes;
  std::vector<int64_t> shape;
};

/// What a client must give. The optional inputs are not among them.
std::vector<V2TensorMetadata> v2_inputs(const ModelInfo& info);
std::vector<V2TensorMetadata> v2_optional_inputs(const ModelInfo& info);
std::vector<V2TensorMetadata> v2_outputs(const ModelInfo& info);
/// "martlet_safetensors", "onnxruntime_onnx", "openvino". Static storage.
std::string_view v2_platform(const ModelInfo& info) noexcept;

/// Empty is any version. kNotFound for one that the model does not have.
Status check_v2_version(const ModelInfo& info, std::string_view version);

/// kInvalidInput for unknown or repeated names, wrong types and shapes. `received` is when a
/// timeout begins.
Result<V2Plan> plan_v2(
    const ModelInfo& info, V2InferRequest&& request, std::chrono::steady_clock::time_point received
);

V2Answer make_v2_answer(
    const ModelInfo& info, const std::vector<V2Plan::Output>& outputs,
    const std::vector<TextAnswer>& answers
);

/// Appends the elements as decode_raw reads them.
void append_raw(const V2Output& output, std::string& out);

}  // namespace martlet

#include "server/v2/text_inputs.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "core/error.h"
#include "formats/json.h"

namespace martlet {
namespace {

constexpr std::string_view kWhere = "infer";

template <class... Args>
Status invalid(fmt::format_string<Args...> format, Args&&... args) {
  return error(StatusCode::kInvalidInput, kWhere, format, std::forward<Args>(args)...);
}

/// The tensors by what they mean; null where they were not given.
struct NamedInputs {
  V2Tensor* text = nullptr;
  V2Tensor* text_pair = nullptr;
  V2Tensor* input_ids = nullptr;
  V2Tensor* attention_mask = nullptr;
  V2Tensor* token_type_ids = nullptr;

  V2Tensor** slot(std::string_view name) {
    if (name == "text") return &text;
    if (name == "text_pair") return &text_pair;
    if (name == "input_ids") return &input_ids;
    if (name == "attention_mask") return &attention_mask;
    if (name == "token_type_ids") return &token_type_ids;
    return nullptr;
  }
};

Result<NamedInputs> name_inputs(std::vector<V2Tensor>& tensors) {
  NamedInputs inputs;
  for (V2Tensor& tensor : tensors) {
    V2Tensor** slot = inputs.slot(tensor.name);
    if (slot == nullptr) return invalid("there is no input {}", in_quotes(tensor.name));
    if (*slot != nullptr) return invalid("got the input {} twice", in_quotes(tensor.name));
    MARTLET_RETURN_IF_ERROR(check_element_count(tensor));
    *slot = &tensor;
  }
  return inputs;
}

/// [texts], or with more dimensions of 1.
Status check_texts(const V2Tensor& tensor) {
  if (tensor.type != V2Type::kBytes) {
    return invalid(
        "input {}: datatype, got {}, expected BYTES", in_quotes(tensor.name), to_string(tensor.type)
    );
  }
  const bool flat =
      !tensor.shape.empty() &&
      std::ranges::all_of(tensor.shape.begin() + 1, tensor.shape.end(), [](int64_t dimension) {
        return dimension == 1;
      });
  if (flat) return {};
  return invalid("input {}: shape, expected [texts] or [texts, 1]", in_quotes(tensor.name));
}

Status check_ids(const V2Tensor& tensor, const std::vector<int64_t>& shape) {
  if (tensor.type != V2Type::kInt64 && tensor.type != V2Type::kInt32) {
    return invalid(
        "input {}: datatype, got {}, expected INT64 or INT32", in_quotes(tensor.name),
        to_string(tensor.type)
    );
  }
  if (tensor.shape.size() == 2 && tensor.shape == shape) return {};
  return invalid("input {}: shape, expected [texts, tokens] as input_ids", in_quotes(tensor.name));
}

Result<std::vector<TextInput>> texts_of(const NamedInputs& inputs) {
  MARTLET_RETURN_IF_ERROR(check_texts(*inputs.text));
  std::vector<TextInput> texts;
  texts.reserve(inputs.text->texts.size());
  for (std::string& text : inputs.text->texts) texts.push_back({.text = std::move(text)});
  if (inputs.text_pair == nullptr) return texts;
  MARTLET_RETURN_IF_ERROR(check_texts(*inputs.text_pair));
  if (inputs.text_pair->texts.size() != texts.size()) {
    return invalid(
        "input \"text_pair\": got {} texts, expected {} as \"text\"",
        inputs.text_pair->texts.size(), texts.size()
    );
  }
  for (std::size_t i = 0; i < texts.size(); ++i)
    texts[i].pair = std::move(inputs.text_pair->texts[i]);
  return texts;
}

/// Tokens whose mask is 0 are padding and left out.
Result<std::vector<TextInput>> ids_of(const NamedInputs& inputs) {
  const V2Tensor& ids = *inputs.input_ids;
  for (const V2Tensor* tensor : {inputs.input_ids, inputs.attention_mask, inputs.token_type_ids}) {
    if (tensor != nullptr) MARTLET_RETURN_IF_ERROR(check_ids(*tensor, ids.shape));
  }
  const auto rows = static_cast<std::size_t>(ids.shape[0]);
  const auto columns = static_cast<std::size_t>(ids.shape[1]);
  if (columns == 0) return invalid("input \"input_ids\": got no tokens, expected some");
  std::vector<TextInput> texts(rows);
  for (std::size_t i = 0; i < ids.integers.size(); ++i) {
    if (inputs.attention_mask != nullptr && inputs.attention_mask->integers[i] == 0) continue;
    TextInput& text = texts[i / columns];
    const auto narrow = [](int64_t value) {
      return static_cast<int32_t>(
          std::clamp<int64_t>(value, -1, std::numeric_limits<int32_t>::max())
      );
    };
    text.ids.push_back(narrow(ids.integers[i]));
    if (inputs.token_type_ids != nullptr)
      text.type_ids.push_back(narrow(inputs.token_type_ids->integers[i]));
  }
  if (std::ranges::any_of(texts, [](const TextInput& text) { return text.ids.empty(); }))
    return invalid("input \"attention_mask\": got a text without tokens, expected one at least");
  return texts;
}

}  // namespace

Result<std::vector<TextInput>> read_v2_texts(std::vector<V2Tensor>&& tensors) {
  const auto inputs = name_inputs(tensors);
  if (!inputs) return inputs.error();
  if (inputs->text != nullptr && inputs->input_ids != nullptr)
    return invalid("got both \"text\" and \"input_ids\", expected one of them");
  if (inputs->text != nullptr) {
    if (inputs->attention_mask != nullptr || inputs->token_type_ids != nullptr)
      return invalid("got \"text\" with tensors of ids, expected \"text\" and \"text_pair\" only");
    return texts_of(*inputs);
  }
  if (inputs->input_ids == nullptr || inputs->text_pair != nullptr)
    return invalid("the input \"text\" is missing");
  return ids_of(*inputs);
}

Result<std::vector<TextInput>> read_v2_images(std::vector<V2Tensor>&& tensors) {
  if (tensors.size() != 1)
    return invalid("got {} inputs, expected \"image\" alone", tensors.size());
  MARTLET_RETURN_IF_ERROR(check_element_count(tensors[0]));
  const NamedInputs inputs{.text = tensors.data()};
  return texts_of(inputs);
}

}  // namespace martlet

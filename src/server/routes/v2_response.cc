#include "formats/json_writer.h"
#include "server/routes/v2_body.h"

namespace martlet {
namespace {

bool wants_binary(const V2Body& asked, const std::string& name) {
  for (const V2WantedOutput& output : asked.request.outputs) {
    if (output.name != name) continue;
    const V2Value* value = find_parameter(output.parameters, "binary_data");
    if (value != nullptr && std::holds_alternative<bool>(*value)) return std::get<bool>(*value);
  }
  return asked.binary_outputs;
}

void append_shape(std::string& out, const std::vector<int64_t>& shape) {
  JsonArray list(out);
  for (const int64_t dimension : shape) write_json_number(list.next(), dimension);
}

void append_value(JsonObject& object, const std::string& name, const V2Value& value) {
  if (const bool* flag = std::get_if<bool>(&value)) return object.member(name, *flag);
  if (const auto* integer = std::get_if<int64_t>(&value)) return object.member(name, *integer);
  if (const auto* text = std::get_if<std::string>(&value))
    return object.member(name, std::string_view(*text));
  write_json_number(object.key(name), static_cast<float>(std::get<double>(value)));
}

/// Of any type of numbers, from its bytes.
void append_elements(std::string& out, const V2Output& output) {
  V2Tensor tensor;
  tensor.type = output.type;
  tensor.shape = output.shape;
  const std::string_view raw(
      reinterpret_cast<const char*>(output.bytes.data()), output.bytes.size()
  );
  JsonArray data(out);
  if (!decode_raw(raw, tensor).ok()) return;  // an engine's outputs are as long as they say
  for (const int64_t value : tensor.integers) write_json_number(data.next(), value);
  for (const double value : tensor.numbers)
    write_json_number(data.next(), static_cast<float>(value));
}

/// Appends the tensor to the JSON, and its elements to `binary` where they go there.
void append_output(std::string& out, const V2Output& output, bool as_binary, std::string& binary) {
  JsonObject object(out);
  object.member("name", output.name);
  object.member("datatype", to_string(output.type));
  append_shape(object.key("shape"), output.shape);
  if (as_binary) {
    const std::size_t before = binary.size();
    append_raw(output, binary);
    JsonObject parameters(object.key("parameters"));
    parameters.member("binary_data_size", static_cast<int64_t>(binary.size() - before));
    return;
  }
  if (output.type == V2Type::kFp32) return write_json_numbers(object.key("data"), output.numbers);
  if (output.type != V2Type::kBytes) return append_elements(object.key("data"), output);
  JsonArray data(object.key("data"));
  for (const std::string& text : output.texts) write_json_string(data.next(), text);
}

}  // namespace

void append_v2_metadata(std::string& out, const std::vector<V2TensorMetadata>& tensors) {
  JsonArray list(out);
  for (const V2TensorMetadata& tensor : tensors) {
    JsonObject object(list.next());
    object.member("name", tensor.name);
    object.member("datatype", to_string(tensor.type));
    append_shape(object.key("shape"), tensor.shape);
  }
}

HttpResponse v2_response(const ModelInfo& info, const V2Body& asked, const V2Answer& answer) {
  HttpResponse response;
  std::string binary;
  {
    JsonObject object(response.body);
    object.member("model_name", info.name);
    object.member("model_version", info.version);
    if (!asked.request.id.empty()) object.member("id", asked.request.id);
    {
      JsonObject parameters(object.key("parameters"));
      for (const auto& [name, value] : answer.parameters) append_value(parameters, name, value);
    }
    JsonArray outputs(object.key("outputs"));
    for (const V2Output& output : answer.outputs)
      append_output(outputs.next(), output, wants_binary(asked, output.name), binary);
  }
  if (binary.empty()) return response;
  response.content_type = "application/octet-stream";
  response.headers.emplace_back(
      "Inference-Header-Content-Length", std::to_string(response.body.size())
  );
  response.body += binary;
  return response;
}

}  // namespace martlet

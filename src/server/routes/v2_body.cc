#include "server/routes/v2_body.h"

#include <boost/json/array.hpp>
#include <charconv>
#include <cmath>
#include <limits>

#include "core/error.h"
#include "server/routes/request_body.h"

namespace martlet {
namespace {

namespace bj = boost::json;

constexpr std::string_view kWhere = "body";
constexpr std::string_view kBinarySize = "binary_data_size";

template <class... Args>
Status invalid(fmt::format_string<Args...> format, Args&&... args) {
  return error(StatusCode::kInvalidInput, kWhere, format, std::forward<Args>(args)...);
}

Result<V2Parameters> read_parameters(JsonReader& reader, std::string_view path) {
  V2Parameters parameters;
  const bj::object* object = reader.object("parameters");
  if (!reader.status().ok()) return reader.status();
  if (object == nullptr) return parameters;
  for (const auto& [name, value] : *object) {
    const std::string key(name);
    if (value.is_bool()) {
      parameters.emplace_back(key, value.get_bool());
    } else if (value.is_int64()) {
      parameters.emplace_back(key, value.get_int64());
    } else if (value.is_number()) {
      parameters.emplace_back(key, value.to_number<double>());
    } else if (value.is_string()) {
      parameters.emplace_back(key, std::string(value.get_string()));
    } else {
      return bad_field(
          fmt::format("{}parameters.{}", path, key), value, "a string, a number, true or false"
      );
    }
  }
  return parameters;
}

/// One element of JSON data, of the tensor's type.
Status read_element(const bj::value& value, V2Tensor& tensor) {
  const auto wrong = [&] {
    return bad_field(tensor.name, value, fmt::format("data of type {}", to_string(tensor.type)));
  };
  switch (tensor.type) {
    case V2Type::kBytes:
      if (!value.is_string()) return wrong();
      tensor.texts.emplace_back(value.get_string());
      return {};
    case V2Type::kBool:
      if (!value.is_bool()) return wrong();
      tensor.integers.push_back(value.get_bool() ? 1 : 0);
      return {};
    case V2Type::kFp32:
    case V2Type::kFp64:
      if (!value.is_number()) return wrong();
      tensor.numbers.push_back(value.to_number<double>());
      return {};
    case V2Type::kFp16:
    case V2Type::kBf16:
      return invalid(
          "input {}: got {} as JSON, expected it as binary data", in_quotes(tensor.name),
          to_string(tensor.type)
      );
    default:
      break;
  }
  const int64_t* integer = value.if_int64();
  const auto bits = static_cast<int>(element_size(tensor.type) * 8);
  const bool is_signed = tensor.type >= V2Type::kInt8;
  if (integer == nullptr) return wrong();
  const bool fits = is_signed ? bits == 64 || (*integer >= -(int64_t{1} << (bits - 1)) &&
                                               *integer < int64_t{1} << (bits - 1))
                              : *integer >= 0 && (bits == 64 || *integer < int64_t{1} << bits);
  if (!fits) return wrong();
  tensor.integers.push_back(*integer);
  return {};
}

/// Data may be nested or flat, row by row; how it is nested is not looked at.
Status read_data(const bj::array& data, V2Tensor& tensor) {
  for (const bj::value& value : data) {
    if (const bj::array* row = value.if_array()) {
      MARTLET_RETURN_IF_ERROR(read_data(*row, tensor));
    } else {
      MARTLET_RETURN_IF_ERROR(read_element(value, tensor));
    }
  }
  return {};
}

Status read_shape(JsonReader& reader, V2Tensor& tensor) {
  reader.require("shape");
  const bj::array* shape = reader.array("shape");
  if (!reader.status().ok()) return reader.status();
  for (const bj::value& dimension : *shape) {
    if (!dimension.is_int64()) return bad_field(tensor.name + ".shape", dimension, "an integer");
    tensor.shape.push_back(dimension.get_int64());
  }
  return element_count(tensor.shape).status();
}

/// Takes the tensor's bytes from the front of `binary`.
Status read_binary(const V2Value& size, std::string_view& binary, V2Tensor& tensor) {
  const auto* bytes = std::get_if<int64_t>(&size);
  if (bytes == nullptr || *bytes < 0 || static_cast<uint64_t>(*bytes) > binary.size()) {
    return invalid(
        "input {}: {}, expected 0 to {}, the bytes that follow the JSON", in_quotes(tensor.name),
        in_quotes(kBinarySize), binary.size()
    );
  }
  const auto length = static_cast<std::size_t>(*bytes);
  const std::string_view raw = binary.substr(0, length);
  binary.remove_prefix(length);
  return decode_raw(raw, tensor);
}

Result<V2Tensor> read_input(const bj::value& value, std::size_t index, std::string_view& binary) {
  const std::string path = fmt::format("inputs[{}]", index);
  if (!value.is_object()) return bad_field(path, value, "an object");
  JsonReader reader = body_reader(value.get_object(), path);
  V2Tensor tensor;
  std::string type;
  reader.require("name");
  reader.get("name", tensor.name);
  reader.require("datatype");
  reader.get("datatype", type);
  if (!reader.status().ok()) return reader.status();
  const auto parsed = parse_v2_type(type);
  if (!parsed) return parsed.error();
  tensor.type = *parsed;
  MARTLET_RETURN_IF_ERROR(read_shape(reader, tensor));
  const auto parameters = read_parameters(reader, path + ".");
  if (!parameters) return parameters.error();
  const V2Value* size = find_parameter(*parameters, kBinarySize);
  if (size != nullptr) {
    if (reader.find("data") != nullptr)
      return invalid("input {}: got both data and binary data", in_quotes(tensor.name));
    MARTLET_RETURN_IF_ERROR(read_binary(*size, binary, tensor));
    return tensor;
  }
  reader.require("data");
  const bj::array* data = reader.array("data");
  if (!reader.status().ok()) return reader.status();
  MARTLET_RETURN_IF_ERROR(read_data(*data, tensor));
  MARTLET_RETURN_IF_ERROR(check_element_count(tensor));
  return tensor;
}

Status read_outputs(const bj::array& outputs, V2InferRequest& request) {
  for (const bj::value& value : outputs) {
    const std::string path = fmt::format("outputs[{}]", request.outputs.size());
    if (!value.is_object()) return bad_field(path, value, "an object");
    JsonReader reader = body_reader(value.get_object(), path);
    V2WantedOutput output;
    reader.require("name");
    reader.get("name", output.name);
    if (!reader.status().ok()) return reader.status();
    auto parameters = read_parameters(reader, path + ".");
    if (!parameters) return parameters.error();
    output.parameters = *std::move(parameters);
    request.outputs.push_back(std::move(output));
  }
  return {};
}

/// The whole body is one text.
V2Body raw_body(std::string_view body) {
  V2Body parsed{.request = {}, .binary_outputs = true};
  V2Tensor text;
  text.name = "text";
  text.shape = {1};
  text.texts.emplace_back(body);
  parsed.request.inputs.push_back(std::move(text));
  return parsed;
}

Result<std::size_t> json_size(std::string_view body, const std::string* header) {
  if (header == nullptr) return body.size();
  std::size_t size = 0;
  const char* end = header->data() + header->size();
  const auto [stop, failure] = std::from_chars(header->data(), end, size);
  if (failure == std::errc() && stop == end && size <= body.size()) return size;
  return error(
      StatusCode::kInvalidInput, "Inference-Header-Content-Length", "got {}, expected 0 to {}",
      in_quotes(*header), body.size()
  );
}

}  // namespace

Result<V2Body> parse_v2_body(std::string_view body, const std::string* header) {
  const auto size = json_size(body, header);
  if (!size) return size.error();
  if (*size == 0 && header != nullptr) return raw_body(body);
  const auto object = parse_body_object(body.substr(0, *size));
  if (!object) return object.error();
  std::string_view binary = body.substr(*size);

  V2Body parsed;
  JsonReader reader = body_reader(*object);
  reader.get("id", parsed.request.id);
  reader.require("inputs");
  const bj::array* inputs = reader.array("inputs");
  const bj::array* outputs = reader.array("outputs");
  if (!reader.status().ok()) return reader.status();
  auto parameters = read_parameters(reader, "");
  if (!parameters) return parameters.error();
  parsed.request.parameters = *std::move(parameters);
  for (const bj::value& value : *inputs) {
    auto input = read_input(value, parsed.request.inputs.size(), binary);
    if (!input) return input.error();
    parsed.request.inputs.push_back(*std::move(input));
  }
  if (!binary.empty()) return invalid("got {} bytes after the last input", binary.size());
  if (outputs != nullptr) MARTLET_RETURN_IF_ERROR(read_outputs(*outputs, parsed.request));
  if (const V2Value* value = find_parameter(parsed.request.parameters, "binary_data_output")) {
    if (!std::holds_alternative<bool>(*value))
      return invalid("\"parameters.binary_data_output\": expected true or false");
    parsed.binary_outputs = std::get<bool>(*value);
  }
  return parsed;
}

}  // namespace martlet

#include <algorithm>
#include <cstdint>
#include <limits>
#include <utility>

#include "core/error.h"
#include "formats/json.h"
#include "server/grpc/v2_messages.h"

namespace martlet {
namespace {

using inference::InferParameter;
using inference::InferTensorContents;
using inference::ModelInferRequest;

constexpr std::string_view kWhere = "infer";

Result<V2Value> read_value(const std::string& name, const InferParameter& parameter) {
  switch (parameter.parameter_choice_case()) {
    case InferParameter::kBoolParam:
      return V2Value(parameter.bool_param());
    case InferParameter::kInt64Param:
      return V2Value(parameter.int64_param());
    case InferParameter::kStringParam:
      return V2Value(parameter.string_param());
    case InferParameter::kDoubleParam:
      return V2Value(parameter.double_param());
    case InferParameter::kUint64Param:
      // Beyond the largest int64 it is no sensible value of any parameter that there is.
      return V2Value(static_cast<int64_t>(
          std::min<uint64_t>(parameter.uint64_param(), std::numeric_limits<int64_t>::max())
      ));
    case InferParameter::PARAMETER_CHOICE_NOT_SET:
      break;
  }
  return error(StatusCode::kInvalidInput, kWhere, "parameter {} has no value", in_quotes(name));
}

template <class Map>
Result<V2Parameters> read_parameters(const Map& map) {
  V2Parameters parameters;
  for (const auto& [name, parameter] : map) {
    auto value = read_value(name, parameter);
    if (!value) return value.error();
    parameters.emplace_back(name, *std::move(value));
  }
  return parameters;
}

/// Elements in all lists of typed contents together.
int count_typed(const InferTensorContents& contents) {
  return contents.bool_contents_size() + contents.int_contents_size() +
         contents.int64_contents_size() + contents.uint_contents_size() +
         contents.uint64_contents_size() + contents.fp32_contents_size() +
         contents.fp64_contents_size() + contents.bytes_contents_size();
}

/// The integers of a list as elements of type Narrow, which they must fit; and int64, which holds
/// the elements.
template <class Narrow, class Values>
Status take(const Values& values, V2Tensor& tensor) {
  tensor.integers.reserve(static_cast<std::size_t>(values.size()));
  for (const auto value : values) {
    if (!std::in_range<Narrow>(value) || !std::in_range<int64_t>(value)) {
      return error(
          StatusCode::kInvalidInput, kWhere, "input {}: a value is out of the range of {}",
          in_quotes(tensor.name), to_string(tensor.type)
      );
    }
    tensor.integers.push_back(static_cast<int64_t>(value));
  }
  return {};
}

/// Takes the elements out of the list that belongs to the datatype; other lists are not looked at.
Status take_typed(const InferTensorContents& contents, V2Tensor& tensor) {
  switch (tensor.type) {
    case V2Type::kBool:
      tensor.integers.assign(contents.bool_contents().begin(), contents.bool_contents().end());
      return {};
    case V2Type::kInt8:
      return take<int8_t>(contents.int_contents(), tensor);
    case V2Type::kInt16:
      return take<int16_t>(contents.int_contents(), tensor);
    case V2Type::kInt32:
      return take<int32_t>(contents.int_contents(), tensor);
    case V2Type::kInt64:
      return take<int64_t>(contents.int64_contents(), tensor);
    case V2Type::kUint8:
      return take<uint8_t>(contents.uint_contents(), tensor);
    case V2Type::kUint16:
      return take<uint16_t>(contents.uint_contents(), tensor);
    case V2Type::kUint32:
      return take<uint32_t>(contents.uint_contents(), tensor);
    case V2Type::kUint64:
      return take<uint64_t>(contents.uint64_contents(), tensor);
    case V2Type::kFp32:
      tensor.numbers.assign(contents.fp32_contents().begin(), contents.fp32_contents().end());
      return {};
    case V2Type::kFp64:
      tensor.numbers.assign(contents.fp64_contents().begin(), contents.fp64_contents().end());
      return {};
    case V2Type::kBytes:
      MARTLET_RETURN_IF_ERROR(check_bytes_elements(
          tensor.name, static_cast<std::size_t>(contents.bytes_contents_size())
      ));
      tensor.texts.assign(contents.bytes_contents().begin(), contents.bytes_contents().end());
      return {};
    case V2Type::kFp16:
    case V2Type::kBf16:
      break;
  }
  return error(
      StatusCode::kInvalidInput, kWhere, "input {}: {} has no typed contents, expected raw ones",
      in_quotes(tensor.name), to_string(tensor.type)
  );
}

Status read_typed(const InferTensorContents& contents, V2Tensor& tensor) {
  MARTLET_RETURN_IF_ERROR(take_typed(contents, tensor));
  if (std::cmp_not_equal(tensor.size(), count_typed(contents))) {
    return error(
        StatusCode::kInvalidInput, kWhere, "input {}: has contents that are not {}",
        in_quotes(tensor.name), to_string(tensor.type)
    );
  }
  return check_element_count(tensor);
}

Status check_contents(const ModelInferRequest& request) {
  const int raw = request.raw_input_contents_size();
  if (raw == 0) return {};
  const bool typed = std::ranges::any_of(request.inputs(), [](const auto& input) {
    return count_typed(input.contents()) != 0;
  });
  if (typed) {
    return error(
        StatusCode::kInvalidInput, kWhere,
        "got raw_input_contents and typed contents, expected one of them"
    );
  }
  if (raw == request.inputs_size()) return {};
  return error(
      StatusCode::kInvalidInput, kWhere,
      "raw_input_contents, got {}, expected one for each of {} inputs", raw, request.inputs_size()
  );
}

Result<V2Tensor> read_input(const ModelInferRequest& request, int index) {
  const auto& input = request.inputs(index);
  const auto type = parse_v2_type(input.datatype());
  if (!type) return type.error();
  V2Tensor tensor;
  tensor.name = input.name();
  tensor.type = *type;
  tensor.shape.assign(input.shape().begin(), input.shape().end());
  const Status status = request.raw_input_contents_size() == 0
                            ? read_typed(input.contents(), tensor)
                            : decode_raw(request.raw_input_contents(index), tensor);
  if (!status.ok()) return status;
  return tensor;
}

}  // namespace

Result<V2InferRequest> read_infer_request(const ModelInferRequest& request) {
  V2InferRequest read;
  read.id = request.id();
  auto parameters = read_parameters(request.parameters());
  if (!parameters) return parameters.error();
  read.parameters = *std::move(parameters);
  MARTLET_RETURN_IF_ERROR(check_contents(request));
  for (int i = 0; i < request.inputs_size(); ++i) {
    auto tensor = read_input(request, i);
    if (!tensor) return tensor.error();
    read.inputs.push_back(*std::move(tensor));
  }
  for (const auto& output : request.outputs()) {
    auto wanted = read_parameters(output.parameters());
    if (!wanted) return wanted.error();
    read.outputs.push_back({output.name(), *std::move(wanted)});
  }
  return read;
}

}  // namespace martlet

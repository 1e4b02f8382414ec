#include "engines/openvino/ov_executor.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <utility>

#include "core/cpu.h"
#include "core/error.h"
#include "formats/onnx/external_data.h"
#include "formats/onnx/reader.h"

namespace martlet {
namespace {

struct TypePair {
  TensorType ours;
  ov_element_type_e theirs;
};

constexpr TypePair kTypes[] = {
    {TensorType::kFloat32, F32},  {TensorType::kFloat16, F16}, {TensorType::kBfloat16, BF16},
    {TensorType::kFloat64, F64},  {TensorType::kInt8, I8},     {TensorType::kUint8, U8},
    {TensorType::kInt16, I16},    {TensorType::kUint16, U16},  {TensorType::kInt32, I32},
    {TensorType::kUint32, U32},   {TensorType::kInt64, I64},   {TensorType::kUint64, U64},
    {TensorType::kBool, BOOLEAN},
};

Result<TensorType> type_of(ov_element_type_e theirs, std::string_view where) {
  const auto* pair = std::ranges::find(kTypes, theirs, &TypePair::theirs);
  if (pair != std::end(kTypes)) return pair->ours;
  return error(
      StatusCode::kUnsupported, where, "got tensors of OpenVINO's type {}, expected numbers",
      static_cast<int>(theirs)
  );
}

/// OpenVINO's properties, by name.
Result<std::map<std::string, std::string>> properties_of(const ExecutorOptions& options) {
  std::map<std::string, std::string> properties = options.settings;
  properties.erase("device");
  // What runs on its caller's thread elsewhere runs on a stream here: one thread a run means as
  // many streams as there may be callers, each of one thread.
  const int all = usable_cpus();
  const bool streams = options.threads == 1;
  properties.try_emplace(
      "INFERENCE_NUM_THREADS",
      std::to_string(streams || options.threads == 0 ? all : options.threads)
  );
  properties.try_emplace("NUM_STREAMS", std::to_string(streams ? all : 1));
  properties.try_emplace("PERFORMANCE_HINT", streams ? "THROUGHPUT" : "LATENCY");
  const auto precision = properties.extract("precision");
  const std::string word = precision ? precision.mapped() : "fp32";
  if (word != "fp32" && word != "bf16") {
    return error(
        StatusCode::kInvalidArgument, "engine openvino",
        "setting precision, got '{}', expected fp32 or bf16", word
    );
  }
  properties.try_emplace("INFERENCE_PRECISION_HINT", word == "fp32" ? "f32" : "bf16");
  return properties;
}

}  // namespace

OvExecutor::OvExecutor(const OpenVino& runtime, std::string where)
    : api_(runtime.api), where_(std::move(where)) {}

Result<std::unique_ptr<OvExecutor>> OvExecutor::make(std::string where) {
  const auto& runtime = open_vino();
  if (!runtime) return runtime.error();
  std::unique_ptr<OvExecutor> executor(new OvExecutor(*runtime, std::move(where)));
  ov_core_t* core = nullptr;
  MARTLET_RETURN_IF_ERROR(
      executor->check(runtime->api.ov_core_create(&core), StatusCode::kUnavailable)
  );
  executor->core_ = {core, {runtime->api.ov_core_free}};
  return executor;
}

Result<std::unique_ptr<Executor>> OvExecutor::load(
    const std::filesystem::path& model, const ExecutorOptions& options
) {
  auto executor = make(model.string());
  if (!executor) return executor.error();
  const auto read = (*executor)->read(model);
  if (!read) return read.error();
  MARTLET_RETURN_IF_ERROR((*executor)->compile(**read, options));
  MARTLET_RETURN_IF_ERROR((*executor)->read_signature());
  return std::unique_ptr<Executor>(*std::move(executor));
}

Result<std::unique_ptr<Executor>> OvExecutor::from_bytes(
    std::span<const std::byte> model, std::string_view where, const ExecutorOptions& options
) {
  auto executor = make(std::string(where));
  if (!executor) return executor.error();
  const auto read = (*executor)->read(model);
  if (!read) return read.error();
  MARTLET_RETURN_IF_ERROR((*executor)->compile(**read, options));
  MARTLET_RETURN_IF_ERROR((*executor)->read_signature());
  return std::unique_ptr<Executor>(*std::move(executor));
}

Result<OpenVinoPointer<ov_model_t>> OvExecutor::read(std::span<const std::byte> model) {
  ov_model_t* made = nullptr;
  const ov_status_e status = api_.ov_core_read_model_from_memory_buffer(
      core_.get(), reinterpret_cast<const char*>(model.data()), model.size(), nullptr, &made
  );
  MARTLET_RETURN_IF_ERROR(check(status, StatusCode::kInvalidModel));
  return OpenVinoPointer<ov_model_t>(made, {api_.ov_model_free});
}

/// An ONNX file without external data is read from memory; one with it by OpenVINO itself, once it
/// is known that every file lies in the model's folder.
Result<OpenVinoPointer<ov_model_t>> OvExecutor::read(const std::filesystem::path& model) {
  if (model.extension() == ".onnx") {
    const auto file = onnx::open_model(model);
    if (!file) return file.error();
    const auto external = onnx::open_external_files(file->model, model);
    if (!external) return external.error();
    if (external->empty()) return read(file->file.bytes());
  }
  ov_model_t* made = nullptr;
  const ov_status_e status = api_.ov_core_read_model(core_.get(), model.c_str(), nullptr, &made);
  MARTLET_RETURN_IF_ERROR(check(status, StatusCode::kInvalidModel));
  return OpenVinoPointer<ov_model_t>(made, {api_.ov_model_free});
}

Status OvExecutor::compile(const ov_model_t& model, const ExecutorOptions& options) {
  const auto device = options.settings.find("device");
  const std::string name = device == options.settings.end() ? "CPU" : device->second;
  const auto properties = properties_of(options);
  if (!properties) return properties.error();
  for (const auto& [key, value] : *properties) {
    const ov_status_e status =
        api_.ov_core_set_property(core_.get(), name.c_str(), key.c_str(), value.c_str());
    MARTLET_RETURN_IF_ERROR(check(status, StatusCode::kInvalidArgument));
  }
  ov_compiled_model_t* compiled = nullptr;
  const ov_status_e status =
      api_.ov_core_compile_model(core_.get(), &model, name.c_str(), 0, &compiled);
  MARTLET_RETURN_IF_ERROR(check(status, StatusCode::kUnsupported));
  compiled_ = {compiled, {api_.ov_compiled_model_free}};
  return {};
}

Status OvExecutor::read_signature() {
  std::size_t inputs = 0;
  std::size_t outputs = 0;
  constexpr StatusCode kFailure = StatusCode::kInvalidModel;
  MARTLET_RETURN_IF_ERROR(
      check(api_.ov_compiled_model_inputs_size(compiled_.get(), &inputs), kFailure)
  );
  MARTLET_RETURN_IF_ERROR(
      check(api_.ov_compiled_model_outputs_size(compiled_.get(), &outputs), kFailure)
  );
  const auto read_ports = [&](auto get_port, std::size_t count, std::vector<TensorInfo>& infos) {
    for (std::size_t i = 0; i < count; ++i) {
      ov_output_const_port_t* port = nullptr;
      MARTLET_RETURN_IF_ERROR(check(get_port(compiled_.get(), i, &port), kFailure));
      const OpenVinoPointer<ov_output_const_port_t> owner(port, {api_.ov_output_const_port_free});
      MARTLET_RETURN_IF_ERROR(read_port(*port, infos.emplace_back()));
    }
    return Status();
  };
  MARTLET_RETURN_IF_ERROR(
      read_ports(api_.ov_compiled_model_input_by_index, inputs, signature_.inputs)
  );
  return read_ports(api_.ov_compiled_model_output_by_index, outputs, signature_.outputs);
}

Status OvExecutor::read_port(const ov_output_const_port_t& port, TensorInfo& out) const {
  constexpr StatusCode kFailure = StatusCode::kInvalidModel;
  char* name = nullptr;
  MARTLET_RETURN_IF_ERROR(check(api_.ov_port_get_any_name(&port, &name), kFailure));
  out.name = name;
  api_.ov_free(name);
  ov_element_type_e theirs = DYNAMIC;
  MARTLET_RETURN_IF_ERROR(check(api_.ov_port_get_element_type(&port, &theirs), kFailure));
  const auto type = type_of(theirs, where_);
  if (!type) return type.error();
  out.type = *type;
  ov_partial_shape_t shape{};
  MARTLET_RETURN_IF_ERROR(check(api_.ov_port_get_partial_shape(&port, &shape), kFailure));
  for (std::int64_t i = 0; i < shape.rank.max; ++i) {
    const bool fixed = shape.dims[i].min == shape.dims[i].max;
    out.shape.push_back(fixed ? shape.dims[i].max : -1);
  }
  api_.ov_partial_shape_free(&shape);
  return {};
}

Result<OvExecutor::Request> OvExecutor::take_request() {
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      Request request = std::move(idle_.back());
      idle_.pop_back();
      return request;
    }
  }
  ov_infer_request_t* request = nullptr;
  MARTLET_RETURN_IF_ERROR(check(
      api_.ov_compiled_model_create_infer_request(compiled_.get(), &request), StatusCode::kInternal
  ));
  return Request(request, {api_.ov_infer_request_free});
}

void OvExecutor::give_back(Request request) {
  const std::lock_guard lock(mutex_);
  idle_.push_back(std::move(request));
}

Status OvExecutor::set_inputs(std::span<const TensorView> inputs, Request& request) const {
  for (const TensorInfo& info : signature_.inputs) {
    const auto input = std::ranges::find(inputs, info.name, &TensorView::name);
    if (input == inputs.end() || input->type != info.type) {
      return error(
          StatusCode::kInvalidArgument, where_, "input {}, got {}, expected {}", info.name,
          input == inputs.end() ? "none" : to_string(input->type), to_string(info.type)
      );
    }
    ov_tensor_t* tensor = nullptr;
    const ov_shape_t shape{
        .rank = static_cast<std::int64_t>(input->shape.size()),
        .dims = const_cast<std::int64_t*>(input->shape.data())
    };
    const auto* type = std::ranges::find(kTypes, input->type, &TypePair::ours);
    MARTLET_RETURN_IF_ERROR(check(
        api_.ov_tensor_create_from_host_ptr(
            type->theirs, shape, const_cast<std::byte*>(input->data.data()), &tensor
        ),
        StatusCode::kInvalidArgument
    ));
    const OpenVinoPointer<ov_tensor_t> owner(tensor, {api_.ov_tensor_free});
    const auto index = static_cast<std::size_t>(&info - signature_.inputs.data());
    MARTLET_RETURN_IF_ERROR(check(
        api_.ov_infer_request_set_input_tensor_by_index(request.get(), index, tensor),
        StatusCode::kInvalidArgument
    ));
  }
  if (inputs.size() == signature_.inputs.size()) return {};
  return error(
      StatusCode::kInvalidArgument, where_, "got {} inputs, expected {}", inputs.size(),
      signature_.inputs.size()
  );
}

Status OvExecutor::take_output(Request& request, NamedTensor& output) const {
  const auto info = std::ranges::find(signature_.outputs, output.name, &TensorInfo::name);
  if (info == signature_.outputs.end()) {
    return error(
        StatusCode::kInvalidArgument, where_, "output '{}', got a graph without it", output.name
    );
  }
  const auto index = static_cast<std::size_t>(info - signature_.outputs.begin());
  constexpr StatusCode kFailure = StatusCode::kInternal;
  ov_tensor_t* tensor = nullptr;
  MARTLET_RETURN_IF_ERROR(check(
      api_.ov_infer_request_get_output_tensor_by_index(request.get(), index, &tensor), kFailure
  ));
  const OpenVinoPointer<ov_tensor_t> owner(tensor, {api_.ov_tensor_free});
  ov_shape_t shape{};
  MARTLET_RETURN_IF_ERROR(check(api_.ov_tensor_get_shape(tensor, &shape), kFailure));
  output.shape.assign(shape.dims, shape.dims + shape.rank);
  api_.ov_shape_free(&shape);
  std::size_t bytes = 0;
  void* data = nullptr;
  MARTLET_RETURN_IF_ERROR(check(api_.ov_tensor_get_byte_size(tensor, &bytes), kFailure));
  MARTLET_RETURN_IF_ERROR(check(api_.ov_tensor_data(tensor, &data), kFailure));
  output.type = info->type;
  output.data.resize(bytes);
  if (bytes > 0) std::memcpy(output.data.data(), data, bytes);
  return {};
}

Status OvExecutor::run(std::span<const TensorView> inputs, std::vector<NamedTensor>& outputs) {
  if (outputs.empty()) {
    for (const TensorInfo& info : signature_.outputs) outputs.push_back({.name = info.name});
  }
  auto request = take_request();
  if (!request) return request.error();
  MARTLET_RETURN_IF_ERROR(set_inputs(inputs, *request));
  MARTLET_RETURN_IF_ERROR(
      check(api_.ov_infer_request_infer(request->get()), StatusCode::kInvalidArgument)
  );
  for (NamedTensor& output : outputs) MARTLET_RETURN_IF_ERROR(take_output(*request, output));
  give_back(*std::move(request));
  return {};
}

}  // namespace martlet

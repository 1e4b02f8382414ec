#include "engines/onnxruntime/ort_executor.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "core/error.h"
#include "engines/onnxruntime/session_options.h"
#include "formats/onnx/external_data.h"
#include "formats/onnx/reader.h"

namespace martlet {
namespace {

struct TypePair {
  TensorType ours;
  ONNXTensorElementDataType theirs;
};

constexpr TypePair kTypes[] = {
    {TensorType::kFloat32, ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT},
    {TensorType::kFloat16, ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT16},
    {TensorType::kBfloat16, ONNX_TENSOR_ELEMENT_DATA_TYPE_BFLOAT16},
    {TensorType::kFloat64, ONNX_TENSOR_ELEMENT_DATA_TYPE_DOUBLE},
    {TensorType::kInt8, ONNX_TENSOR_ELEMENT_DATA_TYPE_INT8},
    {TensorType::kUint8, ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8},
    {TensorType::kInt16, ONNX_TENSOR_ELEMENT_DATA_TYPE_INT16},
    {TensorType::kUint16, ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT16},
    {TensorType::kInt32, ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32},
    {TensorType::kUint32, ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT32},
    {TensorType::kInt64, ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64},
    {TensorType::kUint64, ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT64},
    {TensorType::kBool, ONNX_TENSOR_ELEMENT_DATA_TYPE_BOOL},
};

Result<TensorType> type_of(ONNXTensorElementDataType theirs, std::string_view where) {
  const auto* pair = std::ranges::find(kTypes, theirs, &TypePair::theirs);
  if (pair != std::end(kTypes)) return pair->ours;
  return error(
      StatusCode::kUnsupported, where, "got tensors of ONNX's type {}, expected numbers",
      static_cast<int>(theirs)
  );
}

/// The files of a model's external weights, handed to ONNX Runtime from memory: it opens none.
Status add_external_files(
    const OrtApi& api, std::span<const onnx::ExternalFile> files, OrtSessionOptions* options
) {
  if (files.empty()) return {};
  std::vector<const char*> names;
  std::vector<char*> buffers;
  std::vector<std::size_t> sizes;
  for (const onnx::ExternalFile& file : files) {
    names.push_back(file.location.c_str());
    buffers.push_back(const_cast<char*>(file.file.text().data()));  // only read
    sizes.push_back(file.file.bytes().size());
  }
  OrtStatus* status = api.AddExternalInitializersFromFilesInMemory(
      options, names.data(), buffers.data(), sizes.data(), files.size()
  );
  return take_status(api, status, "engine onnxruntime");
}

}  // namespace

Status OrtExecutor::check(OrtStatus* status) const { return take_status(api_, status, where_); }

Result<std::unique_ptr<Executor>> OrtExecutor::load(
    const std::filesystem::path& model, const ExecutorOptions& options
) {
  const auto file = onnx::open_model(model);
  if (!file) return file.error();
  const auto external = onnx::open_external_files(file->model, model);
  if (!external) return external.error();
  ExecutorOptions chosen = options;
  // What is kept from one run serves the next, and does not grow.
  if (onnx::has_fixed_sizes(file->model.graph)) chosen.settings.try_emplace("arena", "on");
  return make(file->file.bytes(), *external, model.string(), chosen);
}

Result<std::unique_ptr<Executor>> OrtExecutor::from_bytes(
    std::span<const std::byte> model, std::string_view where, const ExecutorOptions& options
) {
  return make(model, {}, std::string(where), options);
}

Result<std::unique_ptr<Executor>> OrtExecutor::make(
    std::span<const std::byte> model, std::span<const onnx::ExternalFile> external,
    std::string where, const ExecutorOptions& options
) {
  const auto& runtime = onnx_runtime();
  if (!runtime) return runtime.error();
  const OrtApi& api = *runtime->api;
  const auto session_options = make_session_options(*runtime, options);
  if (!session_options) return session_options.error();
  MARTLET_RETURN_IF_ERROR(add_external_files(api, external, session_options->get()));
  OrtSession* session = nullptr;
  OrtStatus* status = api.CreateSessionFromArray(
      runtime->environment, model.data(), model.size(), session_options->get(), &session
  );
  if (Status failure = take_status(api, status, where); !failure.ok()) {
    // Whatever ONNX Runtime calls it, it is about the model.
    const bool ours = failure.code() == StatusCode::kUnsupported;
    return Status(ours ? StatusCode::kUnsupported : StatusCode::kInvalidModel, failure.message());
  }
  std::unique_ptr<OrtExecutor> executor(
      new OrtExecutor(*runtime, {session, {api.ReleaseSession}}, std::move(where))
  );
  MARTLET_RETURN_IF_ERROR(executor->prepare());
  return std::unique_ptr<Executor>(std::move(executor));
}

OrtExecutor::OrtExecutor(
    const OnnxRuntime& runtime, OrtPointer<OrtSession> session, std::string where
)
    : api_(*runtime.api), session_(std::move(session)), where_(std::move(where)) {}

Status OrtExecutor::prepare() {
  OrtMemoryInfo* memory = nullptr;
  MARTLET_RETURN_IF_ERROR(
      check(api_.CreateCpuMemoryInfo(OrtDeviceAllocator, OrtMemTypeDefault, &memory))
  );
  memory_ = {memory, {api_.ReleaseMemoryInfo}};
  MARTLET_RETURN_IF_ERROR(check(api_.GetAllocatorWithDefaultOptions(&allocator_)));
  std::size_t inputs = 0;
  std::size_t outputs = 0;
  MARTLET_RETURN_IF_ERROR(check(api_.SessionGetInputCount(session_.get(), &inputs)));
  MARTLET_RETURN_IF_ERROR(check(api_.SessionGetOutputCount(session_.get(), &outputs)));
  for (std::size_t i = 0; i < inputs; ++i) {
    MARTLET_RETURN_IF_ERROR(read_info(
        api_.SessionGetInputName, api_.SessionGetInputTypeInfo, i, signature_.inputs.emplace_back()
    ));
  }
  for (std::size_t i = 0; i < outputs; ++i) {
    MARTLET_RETURN_IF_ERROR(read_info(
        api_.SessionGetOutputName, api_.SessionGetOutputTypeInfo, i,
        signature_.outputs.emplace_back()
    ));
  }
  return {};
}

template <class GetName, class GetType>
Status OrtExecutor::read_info(
    GetName get_name, GetType get_type, std::size_t index, TensorInfo& out
) const {
  char* name = nullptr;
  MARTLET_RETURN_IF_ERROR(check(get_name(session_.get(), index, allocator_, &name)));
  out.name = name;
  MARTLET_RETURN_IF_ERROR(check(api_.AllocatorFree(allocator_, name)));
  OrtTypeInfo* type = nullptr;
  MARTLET_RETURN_IF_ERROR(check(get_type(session_.get(), index, &type)));
  const OrtPointer<OrtTypeInfo> owner(type, {api_.ReleaseTypeInfo});
  const OrtTensorTypeAndShapeInfo* tensor = nullptr;
  MARTLET_RETURN_IF_ERROR(check(api_.CastTypeInfoToTensorInfo(type, &tensor)));
  if (tensor == nullptr) {
    return error(
        StatusCode::kUnsupported, where_, "got '{}', which is no tensor, expected tensors only",
        out.name
    );
  }
  return read_shape(*tensor, out.type, out.shape);
}

Status OrtExecutor::read_shape(
    const OrtTensorTypeAndShapeInfo& info, TensorType& type, std::vector<int64_t>& shape
) const {
  ONNXTensorElementDataType theirs = ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;
  MARTLET_RETURN_IF_ERROR(check(api_.GetTensorElementType(&info, &theirs)));
  const auto ours = type_of(theirs, where_);
  if (!ours) return ours.error();
  type = *ours;
  std::size_t count = 0;
  MARTLET_RETURN_IF_ERROR(check(api_.GetDimensionsCount(&info, &count)));
  shape.resize(count);
  return check(api_.GetDimensions(&info, shape.data(), count));
}

Status OrtExecutor::bind_inputs(std::span<const TensorView> inputs, OrtIoBinding& binding) const {
  for (const TensorView& input : inputs) {
    const auto* type = std::ranges::find(kTypes, input.type, &TypePair::ours);
    OrtValue* value = nullptr;
    MARTLET_RETURN_IF_ERROR(check(api_.CreateTensorWithDataAsOrtValue(
        memory_.get(), const_cast<std::byte*>(input.data.data()), input.data.size(),
        input.shape.data(), input.shape.size(), type->theirs, &value
    )));
    const OrtPointer<OrtValue> owner(value, {api_.ReleaseValue});  // the binding has its own share
    const std::string name(input.name);
    MARTLET_RETURN_IF_ERROR(check(api_.BindInput(&binding, name.c_str(), value)));
  }
  return {};
}

Status OrtExecutor::take_output(OrtValue& value, NamedTensor& output) const {
  OrtTensorTypeAndShapeInfo* info = nullptr;
  MARTLET_RETURN_IF_ERROR(check(api_.GetTensorTypeAndShape(&value, &info)));
  const OrtPointer<OrtTensorTypeAndShapeInfo> owner(info, {api_.ReleaseTensorTypeAndShapeInfo});
  MARTLET_RETURN_IF_ERROR(read_shape(*info, output.type, output.shape));
  std::size_t elements = 0;
  MARTLET_RETURN_IF_ERROR(check(api_.GetTensorShapeElementCount(info, &elements)));
  void* data = nullptr;
  MARTLET_RETURN_IF_ERROR(check(api_.GetTensorMutableData(&value, &data)));
  output.data.resize(elements * size_of(output.type));
  if (!output.data.empty()) std::memcpy(output.data.data(), data, output.data.size());
  return {};
}

Status OrtExecutor::take_outputs(OrtIoBinding& binding, std::vector<NamedTensor>& outputs) const {
  OrtValue** values = nullptr;
  std::size_t count = 0;
  MARTLET_RETURN_IF_ERROR(check(api_.GetBoundOutputValues(&binding, allocator_, &values, &count)));
  std::vector<OrtPointer<OrtValue>> owners;
  for (std::size_t i = 0; i < count; ++i)
    owners.push_back(OrtPointer<OrtValue>(values[i], {api_.ReleaseValue}));
  MARTLET_RETURN_IF_ERROR(check(api_.AllocatorFree(allocator_, values)));
  for (std::size_t i = 0; i < count && i < outputs.size(); ++i)
    MARTLET_RETURN_IF_ERROR(take_output(*owners[i], outputs[i]));
  return {};
}

Status OrtExecutor::run(std::span<const TensorView> inputs, std::vector<NamedTensor>& outputs) {
  if (outputs.empty()) {
    for (const TensorInfo& info : signature_.outputs) outputs.push_back({.name = info.name});
  }
  OrtIoBinding* made = nullptr;
  MARTLET_RETURN_IF_ERROR(check(api_.CreateIoBinding(session_.get(), &made)));
  const OrtPointer<OrtIoBinding> binding(made, {api_.ReleaseIoBinding});
  MARTLET_RETURN_IF_ERROR(bind_inputs(inputs, *binding));
  for (const NamedTensor& output : outputs) {
    MARTLET_RETURN_IF_ERROR(
        check(api_.BindOutputToDevice(binding.get(), output.name.c_str(), memory_.get()))
    );
  }
  MARTLET_RETURN_IF_ERROR(check(api_.RunWithBinding(session_.get(), nullptr, binding.get())));
  return take_outputs(*binding, outputs);
}

}  // namespace martlet

// A graph in ONNX Runtime.
#pragma once

#include <filesystem>
#include <map>
#include <span>
#include <string>

#include "engines/onnxruntime/library.h"
#include "formats/onnx/external_data.h"
#include "martlet/executor.h"

namespace martlet {

class OrtExecutor final : public Executor {
 public:
  /// From a file. External data is read from the file's folder alone; see external_data.h.
  static Result<std::unique_ptr<Executor>> load(
      const std::filesystem::path& model, const ExecutorOptions& options
  );
  /// From the bytes of a model without external data; `where` names it in messages.
  static Result<std::unique_ptr<Executor>> from_bytes(
      std::span<const std::byte> model, std::string_view where, const ExecutorOptions& options
  );

  [[nodiscard]] const ModelSignature& signature() const noexcept override { return signature_; }
  Status run(std::span<const TensorView> inputs, std::vector<NamedTensor>& outputs) override;

 private:
  static Result<std::unique_ptr<Executor>> make(
      std::span<const std::byte> model, std::span<const onnx::ExternalFile> external,
      std::string where, const ExecutorOptions& options
  );
  OrtExecutor(const OnnxRuntime& runtime, OrtPointer<OrtSession> session, std::string where);

  Status prepare();
  template <class GetName, class GetType>
  Status read_info(GetName get_name, GetType get_type, std::size_t index, TensorInfo& out) const;
  Status read_shape(
      const OrtTensorTypeAndShapeInfo& info, TensorType& type, std::vector<int64_t>& shape
  ) const;
  Status bind_inputs(std::span<const TensorView> inputs, OrtIoBinding& binding) const;
  Status take_outputs(OrtIoBinding& binding, std::vector<NamedTensor>& outputs) const;
  Status take_output(OrtValue& value, NamedTensor& output) const;
  [[nodiscard]] Status check(OrtStatus* status) const;

  const OrtApi& api_;
  OrtPointer<OrtSession> session_;
  OrtPointer<OrtMemoryInfo> memory_;
  OrtAllocator* allocator_ = nullptr;  // the library's own, never released
  std::string where_;
  ModelSignature signature_;
};

}  // namespace martlet

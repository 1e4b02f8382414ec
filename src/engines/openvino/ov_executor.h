// A graph in OpenVINO.
#pragma once

#include <filesystem>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "engines/openvino/library.h"
#include "martlet/executor.h"

namespace martlet {

/// The settings are: device (CPU), precision (fp32, bf16; fp32), and any property of OpenVINO's by
/// its name, such as PERFORMANCE_HINT (LATENCY), NUM_STREAMS or INFERENCE_NUM_THREADS.
class OvExecutor final : public Executor {
 public:
  /// From an .onnx or .xml file.
  static Result<std::unique_ptr<Executor>> load(
      const std::filesystem::path& model, const ExecutorOptions& options
  );
  /// From the bytes of an ONNX model without external data; `where` names it in messages.
  static Result<std::unique_ptr<Executor>> from_bytes(
      std::span<const std::byte> model, std::string_view where, const ExecutorOptions& options
  );

  [[nodiscard]] const ModelSignature& signature() const noexcept override { return signature_; }
  Status run(std::span<const TensorView> inputs, std::vector<NamedTensor>& outputs) override;

 private:
  using Request = OpenVinoPointer<ov_infer_request_t>;

  OvExecutor(const OpenVino& runtime, std::string where);
  static Result<std::unique_ptr<OvExecutor>> make(std::string where);
  Result<OpenVinoPointer<ov_model_t>> read(std::span<const std::byte> model);
  Result<OpenVinoPointer<ov_model_t>> read(const std::filesystem::path& model);
  Status compile(const ov_model_t& model, const ExecutorOptions& options);
  Status read_signature();
  Status read_port(const ov_output_const_port_t& port, TensorInfo& out) const;

  Status set_inputs(std::span<const TensorView> inputs, Request& request) const;
  Status take_output(Request& request, NamedTensor& output) const;
  Result<Request> take_request();
  void give_back(Request request);
  [[nodiscard]] Status check(ov_status_e status, StatusCode failure) const {
    return take_status(api_, status, failure, where_);
  }

  const OpenVinoApi& api_;
  std::string where_;
  OpenVinoPointer<ov_core_t> core_;
  OpenVinoPointer<ov_compiled_model_t> compiled_;
  ModelSignature signature_;
  std::mutex mutex_;
  std::vector<Request> idle_;  // guarded by mutex_; a request serves one call at a time
};

}  // namespace martlet

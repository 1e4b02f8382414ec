// The engine in a build that had no headers of ONNX Runtime.
#include "core/error.h"
#include "engines/onnxruntime/engine.h"

namespace martlet {
namespace {

Status not_built() {
  return error(
      StatusCode::kUnavailable, "engine onnxruntime",
      "this martlet was built without ONNX Runtime's headers; ./dev setup gets them, then build "
      "again"
  );
}

}  // namespace

Result<std::string> describe_onnxruntime() { return not_built(); }

Result<std::unique_ptr<Encoder>> load_onnxruntime_encoder(
    const std::filesystem::path& /*model*/, const EncoderOptions& /*options*/
) {
  return not_built();
}

Result<std::unique_ptr<Executor>> load_onnxruntime_executor(
    const std::filesystem::path& /*graph*/, const ExecutorOptions& /*options*/
) {
  return not_built();
}

}  // namespace martlet

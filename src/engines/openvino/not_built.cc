// The engine in a build that had no headers of OpenVINO.
#include "core/error.h"
#include "engines/openvino/engine.h"

namespace martlet {
namespace {

Status not_built() {
  return error(
      StatusCode::kUnavailable, "engine openvino",
      "this martlet was built without OpenVINO's headers; ./dev setup --all gets them, then build "
      "again"
  );
}

}  // namespace

Result<std::string> describe_openvino() { return not_built(); }

Result<std::unique_ptr<Encoder>> load_openvino_encoder(
    const std::filesystem::path& /*model*/, const EncoderOptions& /*options*/
) {
  return not_built();
}

Result<std::unique_ptr<Executor>> load_openvino_executor(
    const std::filesystem::path& /*graph*/, const ExecutorOptions& /*options*/
) {
  return not_built();
}

}  // namespace martlet

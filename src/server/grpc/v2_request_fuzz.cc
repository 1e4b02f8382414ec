// Whatever bytes a client sends as a ModelInferRequest: read or refused, never more.
#include <cstddef>
#include <cstdint>

#include "server/grpc/v2_messages.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  inference::ModelInferRequest request;
  if (!request.ParseFromArray(data, static_cast<int>(size))) return 0;
  auto read = martlet::read_infer_request(request);
  if (!read) return 0;
  martlet::ModelInfo info;
  info.task = martlet::ModelTask::kTextClassification;
  info.labels = {"NEGATIVE", "POSITIVE"};
  info.encoder.labels = 2;
  (void)martlet::plan_v2(info, *std::move(read), {});
  return 0;
}

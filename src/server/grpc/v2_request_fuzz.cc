// Whatever bytes a client sends as a ModelInferRequest: read or refused, never more.
#include <cstddef>
#include <cstdint>

#include "server/grpc/v2_messages.h"
#include "server/v2/plan_testing.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  inference::ModelInferRequest request;
  if (!request.ParseFromArray(data, static_cast<int>(size))) return 0;
  const auto read = martlet::read_infer_request(request);
  martlet::check_refusal_of(read);
  if (read) martlet::plan_for_every_kind(*read);
  return 0;
}

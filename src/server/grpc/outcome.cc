#include "server/grpc/outcome.h"

#include <google/protobuf/util/time_util.h>

#include <string>

#include "retry_info.pb.h"
#include "server/service/public_message.h"

namespace martlet {
namespace {

std::string retry_details(const grpc::Status& status, std::chrono::milliseconds retry_after) {
  rpc::RetryInfo info;
  *info.mutable_retry_delay() =
      google::protobuf::util::TimeUtil::MillisecondsToDuration(retry_after.count());
  rpc::Status details;
  details.set_code(status.error_code());
  details.set_message(status.error_message());
  google::protobuf::Any& any = *details.add_details();
  any.set_type_url("type.googleapis.com/google.rpc.RetryInfo");
  any.set_value(info.SerializeAsString());
  return details.SerializeAsString();
}

}  // namespace

grpc::StatusCode grpc_code(StatusCode code) noexcept {
  switch (code) {
    case StatusCode::kOk:
      return grpc::StatusCode::OK;
    case StatusCode::kInvalidArgument:
    case StatusCode::kInvalidInput:
      return grpc::StatusCode::INVALID_ARGUMENT;
    case StatusCode::kNotFound:
      return grpc::StatusCode::NOT_FOUND;
    case StatusCode::kUnsupported:
      return grpc::StatusCode::UNIMPLEMENTED;
    case StatusCode::kUnavailable:
      return grpc::StatusCode::UNAVAILABLE;
    case StatusCode::kResourceExhausted:
      return grpc::StatusCode::RESOURCE_EXHAUSTED;
    case StatusCode::kCancelled:
      return grpc::StatusCode::CANCELLED;
    case StatusCode::kDeadlineExceeded:
      return grpc::StatusCode::DEADLINE_EXCEEDED;
    case StatusCode::kInvalidModel:
    case StatusCode::kIo:
    case StatusCode::kInternal:
      return grpc::StatusCode::INTERNAL;
  }
  return grpc::StatusCode::UNKNOWN;
}

Outcome make_outcome(const Status& status, const RequestFacts& facts) {
  if (status.ok()) return {};
  grpc::Status failure(grpc_code(status.code()), message_for_client(status));
  if (!facts.retry_after) return {std::move(failure), std::nullopt};
  return {
      grpc::Status(
          failure.error_code(), failure.error_message(), retry_details(failure, *facts.retry_after)
      ),
      facts.retry_after
  };
}

}  // namespace martlet

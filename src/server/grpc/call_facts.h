// What a call says beside its messages: until when, and under which key.
#pragma once

#include <grpcpp/server_context.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace martlet {

struct CallFacts {
  std::chrono::steady_clock::time_point received{};
  std::optional<std::chrono::steady_clock::time_point> deadline{};
  std::string model;  // of metadata `martlet-model`: for dialects whose requests name none
};

CallFacts read_call_facts(const grpc::CallbackServerContext& context);

/// Checks metadata `authorization: Bearer KEY`, in a time that does not depend on how much of the
/// key is right. An empty `key` lets everybody in. Otherwise UNAUTHENTICATED.
grpc::Status check_api_key(const grpc::CallbackServerContext& context, std::string_view key);

}  // namespace martlet

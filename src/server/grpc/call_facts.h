// What a call says beside its messages: until when, and under which key.
#pragma once

#include <grpcpp/server_context.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace martlet {

/// What every service needs to answer calls. Outlives them.
struct CallRules {
  std::string api_key;            // empty: nobody is asked for one
  std::size_t stream_window = 1;  // requests of a stream that are unanswered at most
  mutable std::atomic<std::size_t> unanswered{0};  // requests, now
};

struct CallFacts {
  const CallRules* rules = nullptr;
  std::chrono::steady_clock::time_point received{};
  std::optional<std::chrono::steady_clock::time_point> deadline{};
  std::string model;  // of metadata `martlet-model`: for dialects whose requests name none
};

CallFacts read_call_facts(const CallRules& rules, const grpc::CallbackServerContext& context);

/// Checks metadata `authorization: Bearer KEY`, in a time that does not depend on how much of the
/// key is right. An empty `key` lets everybody in. Otherwise UNAUTHENTICATED.
grpc::Status check_api_key(const grpc::CallbackServerContext& context, std::string_view key);

}  // namespace martlet

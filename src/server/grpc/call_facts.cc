#include "server/grpc/call_facts.h"

#include <openssl/crypto.h>

namespace martlet {
namespace {

std::string_view metadata(const grpc::CallbackServerContext& context, const char* name) {
  const auto& all = context.client_metadata();
  const auto found = all.find(name);
  if (found == all.end()) return {};
  return {found->second.data(), found->second.size()};
}

/// gRPC counts deadlines by the system's clock; martlet does not want its jumps.
std::optional<std::chrono::steady_clock::time_point> steady_deadline(
    std::chrono::system_clock::time_point deadline, std::chrono::steady_clock::time_point now
) {
  const auto left = deadline - std::chrono::system_clock::now();
  if (left > std::chrono::hours(24 * 365)) return std::nullopt;  // gRPC's "never"
  return now + left;
}

}  // namespace

CallFacts read_call_facts(const CallRules& rules, const grpc::CallbackServerContext& context) {
  CallFacts facts;
  facts.rules = &rules;
  facts.received = std::chrono::steady_clock::now();
  facts.deadline = steady_deadline(context.deadline(), facts.received);
  facts.model = metadata(context, "martlet-model");
  return facts;
}

grpc::Status check_api_key(const grpc::CallbackServerContext& context, std::string_view key) {
  if (key.empty()) return grpc::Status::OK;
  constexpr std::string_view kScheme = "Bearer ";
  const std::string_view value = metadata(context, "authorization");
  if (value.starts_with(kScheme) && value.size() == kScheme.size() + key.size() &&
      CRYPTO_memcmp(value.data() + kScheme.size(), key.data(), key.size()) == 0) {
    return grpc::Status::OK;
  }
  return {
      grpc::StatusCode::UNAUTHENTICATED,
      "[api key] missing or wrong, expected metadata authorization: Bearer KEY"
  };
}

}  // namespace martlet

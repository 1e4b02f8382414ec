// What a gRPC listener lets in. Each limit names the answer of the first thing beyond it.
#pragma once

#include <chrono>
#include <cstdint>

namespace martlet {

struct GrpcLimits {
  std::int32_t message_bytes = 16 << 20;   // one message, received: RESOURCE_EXHAUSTED
  std::int32_t metadata_bytes = 16 << 10;  // of a call: RESOURCE_EXHAUSTED
  std::int32_t calls = 1024;               // of one connection at once; more wait at the client
  std::int32_t stream_window = 64;         // unanswered requests of a stream; more are read later

  /// A silent client is asked for a sign of life this often, and given as long for it.
  std::chrono::milliseconds keepalive_time{60'000};
  std::chrono::milliseconds keepalive_timeout{20'000};
};

}  // namespace martlet

// What an HTTP listener is told: where it listens, what it lets in, how much, and for how long.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace martlet {

/// Each limit names the answer of the first request beyond it.
struct HttpLimits {
  std::size_t header_bytes = 16 << 10;        // request line and header fields: 431
  std::size_t header_fields = 100;            // 431
  std::size_t body_bytes = 16 << 20;          // as received: 413
  std::size_t decompressed_bytes = 16 << 20;  // of a gzip or deflate body: 413
  std::size_t pipelined = 32;                 // unanswered on one connection: no more is read
  std::size_t connections = 10000;            // 503, and the connection is closed

  std::chrono::milliseconds header_timeout{10'000};  // from a request's first byte: 408
  std::chrono::milliseconds body_timeout{60'000};    // from the end of its header: 408
  std::chrono::milliseconds idle_timeout{75'000};    // between requests: closed
  std::chrono::milliseconds write_timeout{30'000};   // to take any more of an answer: closed
};

struct HttpOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 8080;  // 0: the system chooses
  int io_threads = 1;
  HttpLimits limits;
  std::string tls_certificate;  // PEM file of the chain; with tls_key it turns TLS on
  std::string tls_key;          // PEM file
  std::string api_key;          // clients send it as a Bearer token; empty: no key is asked for
  std::vector<std::string> public_paths{
      // GET needs no key here; "/x/" covers all below it
      "/", "/health", "/health/", "/v2/health/", "/ping", "/metrics", "/docs", "/openapi.json"
  };
  std::vector<std::string> cors_origins;  // that browsers may call from; "*": any
  std::size_t compress_from = 16 << 10;   // bytes of an answer, when the client takes gzip
};

}  // namespace martlet

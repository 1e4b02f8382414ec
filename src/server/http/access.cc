#include "server/http/access.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <algorithm>

namespace martlet {

Access::Access(const HttpOptions& options)
    : options_(options), key_digest_(digest(options.api_key)) {}

Access::Digest Access::digest(std::string_view text) {
  Digest result{};
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), result.data());
  return result;
}

bool Access::is_public(const HttpRequest& request) const {
  if (request.method != "GET" && request.method != "HEAD") return false;
  const std::string_view path = request.path;
  return std::ranges::any_of(options_.public_paths, [&](const std::string& pattern) {
    return path == pattern ||
           (pattern.size() > 1 && pattern.back() == '/' && path.starts_with(pattern));
  });
}

bool Access::allows(const HttpRequest& request) const {
  if (options_.api_key.empty() || is_public(request)) return true;
  const std::string_view authorization = request.headers.get("Authorization");
  constexpr std::string_view kScheme = "Bearer ";
  if (authorization.size() < kScheme.size() ||
      !equal_ignoring_case(authorization.substr(0, kScheme.size()), kScheme)) {
    return false;
  }
  // Digests have one length, so that not even the key's length shows in the time of a comparison.
  const Digest given = digest(authorization.substr(kScheme.size()));
  return CRYPTO_memcmp(given.data(), key_digest_.data(), given.size()) == 0;
}

std::string_view Access::allow_origin(std::string_view origin) const {
  if (origin.empty()) return {};
  for (const std::string& allowed : options_.cors_origins) {
    if (allowed == "*" || allowed == origin) return allowed;
  }
  return {};
}

bool Access::is_preflight(const HttpRequest& request) const {
  return request.method == "OPTIONS" && !allow_origin(request.headers.get("Origin")).empty() &&
         request.headers.find("Access-Control-Request-Method") != nullptr;
}

HttpResponse Access::preflight_answer() {
  return {
      .status = 204,
      .content_type = "",
      .headers =
          {
              {"Access-Control-Allow-Methods", "GET, POST, OPTIONS"},
              {"Access-Control-Allow-Headers",
               "Authorization, Content-Type, X-Request-Id, Inference-Header-Content-Length, "
               "traceparent"},
              {"Access-Control-Max-Age", "600"},
          },
  };
}

}  // namespace martlet

// Who may ask: the API key, and the origins that browsers may call from.
#pragma once

#include <array>
#include <string_view>

#include "server/http/message.h"
#include "server/http/options.h"

namespace martlet {

class Access {
 public:
  explicit Access(const HttpOptions& options);

  /// Whether a request with this header may go on. Takes the same time for every wrong key.
  [[nodiscard]] bool allows(const HttpRequest& request) const;

  /// The value of Access-Control-Allow-Origin for a request's Origin; empty: none.
  [[nodiscard]] std::string_view allow_origin(std::string_view origin) const;

  /// Whether `request` only asks what a browser may do: OPTIONS with
  /// Access-Control-Request-Method, from an origin that may call.
  [[nodiscard]] bool is_preflight(const HttpRequest& request) const;

  /// The answer to a preflight.
  [[nodiscard]] static HttpResponse preflight_answer();

 private:
  using Digest = std::array<unsigned char, 32>;

  [[nodiscard]] static Digest digest(std::string_view text);
  [[nodiscard]] bool is_public(const HttpRequest& request) const;

  const HttpOptions& options_;
  Digest key_digest_;
};

}  // namespace martlet

// Who a request is, for logs and traces: its id and its W3C trace context.
#pragma once

#include <string>
#include <string_view>

namespace martlet {

/// Whether a client's X-Request-Id can be taken over: 1 to 128 letters, digits and -_.:/+=@
bool is_request_id(std::string_view text) noexcept;

/// A new id of 16 hexadecimal digits, unlike any other of this process.
std::string make_request_id();

/// Whether `text` is a traceparent of version 00: "00-<32 hex>-<16 hex>-<2 hex>", no part all zero.
bool is_traceparent(std::string_view text) noexcept;

}  // namespace martlet

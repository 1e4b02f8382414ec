// Refusing requests at the door: with thousands a second too many, what a refusal costs is taken
// from the work that is accepted, so no exchange is made and nothing is copied.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "server/http/http_context.h"

namespace martlet {

/// The whole answer to `data` when that is one simple request that its route's gate refuses, told
/// to the observer; the same bytes that the long way gives. Nothing when the long way is to be
/// gone: whatever is not simple, or not refused.
std::optional<std::string> refuse_unread(
    const HttpContext& context, std::string_view data, std::string_view client
);

}  // namespace martlet

// A failure as a status code of HTTP, with what goes beside it in headers. The body's shape is the
// dialect's.
#pragma once

#include "martlet/status.h"
#include "server/http/message.h"
#include "server/http/router.h"
#include "server/service/request.h"

namespace martlet {

/// One table for all dialects but text-embeddings-inference, which has its own.
int http_status(StatusCode code) noexcept;

/// The failure in `shape`, with Retry-After (in seconds) when facts has one, and the exact time in
/// Retry-After-Ms, which OpenAI's client obeys.
HttpResponse failure_response(
    const Status& status, const RequestFacts& facts, const ErrorShape& shape,
    int (*status_of)(StatusCode) noexcept = &http_status
);

/// {"error": message}: native and V2.
HttpResponse plain_error(int status, std::string_view message);

}  // namespace martlet

// Answers of many texts as a stream of lines, in order and in bounded memory: the texts go to the
// model a slice at a time.
#pragma once

#include <functional>

#include "server/routes/text_route.h"

namespace martlet {

/// Appends one line, without its end, for text `index` of the request.
using LineWriter = std::function<
    void(std::string& out, const ModelInfo& info, const TextAnswer& answer, int64_t index)>;

/// The response is application/x-ndjson. What goes wrong before the first line is an ordinary
/// failure; after it, a last line {"error":...,"index":...} ends the stream.
void stream_texts(
    const HttpRequest& request, Responder responder, TextRequest&& texts, const Dialect& dialect,
    LineWriter write
);

}  // namespace martlet

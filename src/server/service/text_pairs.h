// Requests that say a text once and mean it many times: a query with each document, a text with
// each hypothesis. A small body must not become memory without end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "martlet/status.h"
#include "server/service/request.h"

namespace martlet {

/// Bytes of text that one request may mean, each text counted as often as it is meant.
inline constexpr std::size_t kMaxMeantBytes = std::size_t{64} << 20;

/// kInvalidInput for more than `max_inputs` texts, or more bytes in them than kMaxMeantBytes.
Status check_meant(std::size_t texts, std::size_t bytes, int32_t max_inputs);

/// Every first text with every second one, the first text's pairs side by side. What check_meant
/// refuses is refused before anything is copied.
Result<std::vector<TextInput>> pair_texts(
    std::span<const std::string_view> firsts, std::span<const std::string_view> seconds,
    int32_t max_inputs
);

}  // namespace martlet

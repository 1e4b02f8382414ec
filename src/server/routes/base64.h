// Bytes as base64 (RFC 4648, with padding).
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "martlet/status.h"

namespace martlet {

void append_base64(std::string& out, std::span<const std::byte> bytes);

/// The bytes that `text` stands for. kInvalidInput for anything but base64 with padding.
Result<std::string> decode_base64(std::string_view text);

}  // namespace martlet

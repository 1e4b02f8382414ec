// Bytes as base64 (RFC 4648, with padding).
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace martlet {

void append_base64(std::string& out, std::span<const std::byte> bytes);

}  // namespace martlet

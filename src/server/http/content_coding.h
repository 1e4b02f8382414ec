// gzip and deflate bodies.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "martlet/status.h"

namespace martlet {

enum class ContentCoding { kIdentity, kGzip, kDeflate };

/// The coding that a Content-Encoding header names; none when it is another one, or several.
std::optional<ContentCoding> parse_content_coding(std::string_view value);

/// The best coding that an Accept-Encoding header takes.
ContentCoding choose_coding(std::string_view accept_encoding);

/// "gzip" or "deflate".
std::string_view to_string(ContentCoding coding) noexcept;

/// kInvalidInput when `data` is not of that coding, kResourceExhausted when it grows beyond `limit`
/// bytes.
Result<std::string> decompress(std::string_view data, ContentCoding coding, std::size_t limit);

/// With zlib's fastest level: it is the server's CPU that pays.
std::string compress(std::string_view data, ContentCoding coding);

}  // namespace martlet

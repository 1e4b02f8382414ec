// Changes a few members of a JSON document that somebody else wrote and leaves the rest as it is,
// to the byte: no number is rounded and no text is written another way.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "formats/json.h"
#include "martlet/status.h"

namespace martlet {

struct JsonEdit {
  std::string key;
  /// The new value as JSON text; nullopt removes the member.
  std::optional<std::string> value;
  /// Add the member, at the end, where there is none.
  bool add = true;
};

/// `text`, which must be a JSON object without repeated keys, with `edits` made to its own members
/// (not to those of nested objects).
Result<std::string> edit_json_object(
    std::string_view text, std::string_view where, std::span<const JsonEdit> edits
);

}  // namespace martlet

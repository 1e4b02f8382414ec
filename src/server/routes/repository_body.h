// The bodies of V2's repository routes: the index, which everybody may read, and the
// administrator's load.
#pragma once

#include <string>
#include <string_view>

#include "martlet/status.h"

namespace martlet {

/// {"ready": true} or nothing: whether only models that are ready are asked for.
Result<bool> parse_index_body(std::string_view body);

/// {"parameters": {"path": "..."}} or nothing: where the model is; empty: where it was.
Result<std::string> parse_load_body(std::string_view body);

}  // namespace martlet

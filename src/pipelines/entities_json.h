// Entities as JSON: what `run`, the native route and V2 answer.
#pragma once

#include <span>
#include <string>

#include "martlet/token_classification.h"

namespace martlet {

/// [{"label":"PER","score":0.99,"word":"Ada Lovelace","start":0,"end":12}, ...]; start and end in
/// code points. With Aggregation::kNone "index" is the token's.
void append_entities_json(std::string& out, std::span<const Entity> entities);

}  // namespace martlet

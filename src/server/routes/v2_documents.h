// The V2 protocol's documents about servers and models, as JSON.
#pragma once

#include <string>
#include <vector>

#include "server/service/model_info.h"
#include "server/service/model_registry.h"
#include "server/service/serving_options.h"
#include "server/service/statistics.h"

namespace martlet {

std::string v2_server_metadata();
std::string v2_model_metadata(const ModelInfo& info);
std::string v2_model_config(const ModelInfo& info, const ServingOptions& serving);
/// {"model_stats": [...]} of the models given.
std::string v2_statistics(const std::vector<std::pair<ModelInfo, ModelStatistics>>& models);
std::string v2_repository_index(const std::vector<ModelEntry>& entries, bool ready_only);

}  // namespace martlet

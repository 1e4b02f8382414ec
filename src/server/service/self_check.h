// Whether a model that was just loaded gives the numbers it should, before anybody gets them.
#pragma once

#include "martlet/status.h"
#include "server/service/loaded_model.h"
#include "server/service/reference.h"
#include "server/service/serving_options.h"

namespace martlet {

/// The reference's texts give its values: fp32 within 1e-3 of each, the others within a share of
/// the values' norm that their precision allows. kInvalidModel when they do not.
Status compare_with_reference(const LoadedModel& model, const ModelReference& reference);

/// A reference that the encoder itself computes for some built-in texts.
Result<ModelReference> make_reference(const LoadedModel& model);

/// Where the answers of the model in fp32 are kept; empty: nowhere.
std::filesystem::path kept_reference_path(const LoadedModel& model, const ServingOptions& options);

/// Compares with the reference that is stored beside the model. Where there is none, a model that
/// does not run in fp32 is compared with itself in fp32, whose answers are kept in the user's cache
/// so that only the first start has to load it twice; one in fp32 only has to give finite numbers
/// that do not depend on the batch. Also warms the model: kernels, pages, buffers.
Status check_model(
    const std::filesystem::path& directory, const LoadedModel& model, const ServingOptions& options
);

}  // namespace martlet

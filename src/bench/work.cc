#include "bench/work.h"

#include <algorithm>

namespace martlet {
namespace {

struct Sizes {
  double hidden;
  double inner;
  double labels;
  double inner_products;  // hidden by inner, of a layer
};

/// What a layer's tokens look at.
struct Look {
  double queries;
  double keys;  // of all rows; keys and values are computed for each
  double seen;  // by a query
};

double layer_macs(const Sizes& size, const Look& look) {
  const double key_value = 2 * size.hidden * size.hidden * look.keys;
  const double attention = 2 * look.queries * look.seen * size.hidden;
  const double rest =
      2 * size.hidden * size.hidden + size.inner_products * size.hidden * size.inner;
  return key_value + attention + rest * look.queries;
}

/// All layers' work for one sequence. `last_queries`: the rows that the last layer computes.
double layers_macs(const Sizes& size, const HfConfig& config, double length, double last_queries) {
  double macs = 0;
  for (std::int32_t i = 0; i < config.layers; ++i) {
    const std::int32_t window = config.rotary.window_of(static_cast<std::size_t>(i));
    const double seen = window == 0 ? length : std::min(length, 2.0 * window + 1);
    macs += layer_macs(size, {i + 1 < config.layers ? length : last_queries, length, seen});
  }
  return macs;
}

/// The head's work for one sequence of `length` tokens.
double head_macs(const Sizes& size, double length, const Pass& pass) {
  const double dense = size.hidden * size.hidden;
  const double classifier = size.hidden * size.labels;
  if (pass.output == OutputKind::kPooler) return dense;
  if (pass.output != OutputKind::kLogits) return 0;
  return pass.token_logits ? classifier * length : dense + classifier;
}

}  // namespace

double multiply_adds(
    const HfConfig& config, std::span<const std::int32_t> lengths, const Pass& pass
) {
  const Sizes size{
      static_cast<double>(config.hidden_size), static_cast<double>(config.intermediate_size),
      static_cast<double>(config.labels.size()), config.gated ? 3.0 : 2.0
  };
  const bool first_tokens =
      !config.pre_norm && (pass.output == OutputKind::kCls || pass.output == OutputKind::kPooler ||
                           (pass.output == OutputKind::kLogits && !pass.token_logits));
  double macs = 0;
  for (const std::int32_t tokens : lengths) {
    const auto length = static_cast<double>(tokens);
    macs += layers_macs(size, config, length, first_tokens ? 1 : length);
    macs += head_macs(size, length, pass);
  }
  return macs;
}

}  // namespace martlet

#include "bench/work.h"

namespace martlet {
namespace {

struct Sizes {
  double hidden;
  double inner;
  double labels;
};

/// A layer's work for `queries` rows that see `keys` rows; keys and values are computed for all
/// keys.
double layer_macs(const Sizes& size, double queries, double keys) {
  const double key_value = 2 * size.hidden * size.hidden * keys;
  const double attention = 2 * queries * keys * size.hidden;
  const double rest = 2 * size.hidden * size.hidden + 2 * size.hidden * size.inner;
  return key_value + attention + rest * queries;
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
      static_cast<double>(config.labels.size())
  };
  const bool first_tokens = pass.output == OutputKind::kCls || pass.output == OutputKind::kPooler ||
                            (pass.output == OutputKind::kLogits && !pass.token_logits);
  double macs = 0;
  for (const std::int32_t tokens : lengths) {
    const auto length = static_cast<double>(tokens);
    macs += layer_macs(size, length, length) * (config.layers - 1);
    macs += layer_macs(size, first_tokens ? 1 : length, length);
    macs += head_macs(size, length, pass);
  }
  return macs;
}

}  // namespace martlet

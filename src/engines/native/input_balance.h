// Factors that even out the inputs of an int8 product before they are rounded (SmoothQuant).
//
// An int8 row has one step for all its inputs, so a channel much larger than the others costs all
// of them precision; in BERTs a few channels are 10 to 30 times the median, in every text. Input i
// is multiplied by factors[i] and the weights of its column are divided by it, which changes no
// product but where it rounds. The square root shares the difficulty between inputs and weights.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "core/thread_pool.h"

namespace martlet {

/// `sizes`: what input i is like (a root mean square), `peaks`: the largest magnitude among its
/// weights; both [k]. `factors`: [k], powers of 2^(1/2) around 1.
void balance_inputs(
    std::span<const float> sizes, std::span<const float> peaks, std::span<float> factors
);

/// The largest magnitude in each of the `k` columns of all `weights`, which are [n, k].
std::vector<float> column_peaks(
    std::span<const std::span<const float>> weights, std::size_t k, ThreadPool& pool
);

}  // namespace martlet

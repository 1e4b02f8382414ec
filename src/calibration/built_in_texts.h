// English texts to calibrate with where the user has none: short and long, of many subjects and
// tones.
#pragma once

#include "bench/dataset_bench.h"

namespace martlet {

/// A few hundred, without labels.
Dataset built_in_texts();

}  // namespace martlet

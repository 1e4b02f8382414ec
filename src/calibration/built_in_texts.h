// English texts to calibrate with where the user has none: short and long, of many subjects and
// tones.
#pragma once

#include "bench/dataset_bench.h"

namespace martlet {

/// About a thousand, without labels. Most are two texts in one, which pull a classifier both ways:
/// a precision that only agrees with fp32 on clear cases would pass on clear cases.
Dataset built_in_texts();

}  // namespace martlet

// The kernels of one ISA level, and the one list of levels.
#pragma once

#include "core/cpu.h"
#include "kernels/cpu/attention/attention.h"
#include "kernels/cpu/gemm/gemm.h"
#include "kernels/cpu/layer_norm/layer_norm.h"
#include "kernels/cpu/peak/peak.h"

namespace martlet {

struct Kernels {
  Isa isa;
  const GemmKernels& gemm;
  const AttentionKernels& attention;
  const LayerNormKernels& layer_norm;
  const PeakKernels& peak;
};

/// The kernels of `isa`. The caller has checked that it is supported.
const Kernels& kernels_for(Isa isa) noexcept;

}  // namespace martlet

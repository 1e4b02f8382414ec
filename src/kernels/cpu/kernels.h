// The kernels of one ISA level, and the one list of levels.
#pragma once

#include "core/cpu.h"
#include "kernels/cpu/attention/attention.h"
#include "kernels/cpu/embed/embed.h"
#include "kernels/cpu/gate/gate.h"
#include "kernels/cpu/gemm/gemm.h"
#include "kernels/cpu/gemm_q/gemm_q.h"
#include "kernels/cpu/layer_norm/layer_norm.h"
#include "kernels/cpu/peak/peak.h"
#include "kernels/cpu/quantize/quantize.h"
#include "kernels/cpu/rotary/rotary.h"

namespace martlet {

struct Kernels {
  Isa isa;
  const GemmKernels& gemm;
  const GemmQKernels& gemm_s8;
  const GemmQKernels* gemm_bf16;          // null: the level multiplies no bf16
  const AttentionKernels& attention;      // exact: fp32 throughout
  const AttentionKernels& attention_low;  // for the low precisions; may multiply in bf16
  const EmbedKernels& embed;
  const GateKernels& gate;
  const LayerNormKernels& layer_norm;
  const QuantizeKernels& quantize;
  const RotaryKernels& rotary;
  const PeakKernel& peak_f32;  // of the instructions that gemm is made of
  const PeakKernel& peak_s8;
  const PeakKernel* peak_bf16;  // null where gemm_bf16 is
};

/// The kernels of `isa`. The caller has checked that it is supported.
const Kernels& kernels_for(Isa isa) noexcept;

}  // namespace martlet

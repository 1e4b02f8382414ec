// What this machine's processor can run, and how many of its cores this process may use.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "martlet/status.h"

namespace martlet {

/// An ISA level: one word for the file, the symbol suffix, the MARTLET_FORCE_ISA value and the
/// benchmark label.
enum class Isa { kScalar, kAvx2, kAvx2Vnni, kAvx512, kAvx512Vnni, kAvx512Bf16, kAmx };

/// "scalar", "avx2", "avx2_vnni", ... Static storage.
std::string_view to_string(Isa isa) noexcept;

/// Every level martlet has kernels for, best last.
std::span<const Isa> all_isas() noexcept;

/// Whether the processor and the operating system can run `isa`. For amx a forked child tries it,
/// once per process.
bool is_supported(Isa isa) noexcept;

/// The level to run: MARTLET_FORCE_ISA when set (kInvalidArgument for an unknown word, kUnavailable
/// for a level this machine cannot run), else the best supported one.
Result<Isa> select_isa();

/// The processor's own name, e.g. "Intel(R) Xeon(R) Platinum 8592+".
std::string_view cpu_name() noexcept;

/// How many threads can run at once here: the affinity mask, cut to the cgroup's CPU quota (rounded
/// up). >= 1.
int usable_cpus() noexcept;

}  // namespace martlet

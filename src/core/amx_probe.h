// Whether AMX really works here. Virtual machines lie about it in both directions (CPUID leaf 0x1D
// reads zero on some that run it and on some that fault), so the only answer worth having is a tile
// product with the right numbers.
#pragma once

namespace martlet {

/// Asks the feature bits and XCR0, then the kernel's permission for this process, then lets a
/// forked child compute. A few hundred microseconds.
bool amx_works() noexcept;

}  // namespace martlet

// What the C library's heap does with memory that is free again.
#pragma once

namespace martlet {

/// Keeps large blocks out of the heaps: the memory of a model that is unloaded goes back to the
/// system. glibc would raise the limit by itself once such a block is freed.
void keep_large_blocks_apart() noexcept;

/// Gives the system what is free in the heaps, also between blocks that are in use. Takes
/// milliseconds, after something large.
void give_back_free_memory() noexcept;

}  // namespace martlet

// Threads whose work is short and waited for, beside threads that compute.
#pragma once

namespace martlet {

/// Asks the scheduler for turns of 0.1 ms for the calling thread. A thread that wakes up then gets
/// a processor at once where one with longer turns has it; else it would wait for the end of that
/// turn, some milliseconds. It gets no larger share of the processor. Linux 6.12 and later; other
/// kernels, and sandboxes that forbid it, leave the thread as it is. Threads that it starts
/// inherit. False when the kernel refused.
bool take_short_turns() noexcept;

}  // namespace martlet

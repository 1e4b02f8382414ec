// Ctrl-C and SIGTERM while an output file is being written: the run stops by itself, so that its
// temporary file goes away. A second signal ends the program at once.
#pragma once

#include <atomic>

namespace martlet::cli {

/// From now on these signals only set the flag, and interrupt a wait for input.
void catch_interrupts();

/// Set once a signal has come. Lives as long as the program.
const std::atomic<bool>& interrupted() noexcept;

}  // namespace martlet::cli

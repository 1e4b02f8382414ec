#include "interrupt.h"

#include <csignal>

namespace martlet::cli {
namespace {

std::atomic<bool> flag{false};
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler may touch nothing else");

void on_signal(int) { flag.store(true, std::memory_order_relaxed); }

}  // namespace

void catch_interrupts() {
  struct sigaction action{};
  action.sa_handler = &on_signal;
  action.sa_flags =
      static_cast<int>(SA_RESETHAND);  // and no SA_RESTART: a read that waits comes back
  for (const int signal : {SIGINT, SIGTERM}) ::sigaction(signal, &action, nullptr);
}

const std::atomic<bool>& interrupted() noexcept { return flag; }

}  // namespace martlet::cli

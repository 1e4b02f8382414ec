// Built with AMX flags: nothing here may run before the feature bits have been asked, and amx_works
// asks them first.
#include "core/amx_probe.h"

#include <cpuid.h>
#include <immintrin.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

namespace martlet {
namespace {

/// CPUID leaf 7: amx-bf16, amx-tile, amx-int8.
bool announced() noexcept {
  unsigned a = 0;
  unsigned b = 0;
  unsigned c = 0;
  unsigned d = 0;
  constexpr unsigned kAmxBits = 1U << 22 | 1U << 24 | 1U << 25;
  if (__get_cpuid_count(7, 0, &a, &b, &c, &d) == 0 || (d & kAmxBits) != kAmxBits) return false;
  __get_cpuid(1, &a, &b, &c, &d);
  constexpr unsigned kOsXsave = 1U << 27;
  if ((c & kOsXsave) == 0) return false;
  unsigned low = 0;
  unsigned high = 0;
  asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  constexpr unsigned kTileState = 1U << 17 | 1U << 18;
  return (low & kTileState) == kTileState;
}

bool permitted() noexcept {
  constexpr long kRequestPermission = 0x1023;  // ARCH_REQ_XCOMP_PERM
  constexpr long kTileData = 18;
  return ::syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
}

struct alignas(64) TileConfig {
  unsigned char palette = 1;
  unsigned char start_row = 0;
  unsigned char reserved[14] = {};
  unsigned short row_bytes[16] = {64, 64, 64};
  unsigned char rows[16] = {16, 16, 16};
};

/// The child's work: 1 x 2 summed over 64 products is 128 in every element.
bool multiplies() noexcept {
  alignas(64) static signed char ones[1024];
  alignas(64) static signed char twos[1024];
  alignas(64) static int sums[256];
  for (int i = 0; i < 1024; ++i) {
    ones[i] = 1;
    twos[i] = 2;
  }
  const TileConfig config;
  _tile_loadconfig(&config);
  _tile_zero(0);
  _tile_loadd(1, ones, 64);
  _tile_loadd(2, twos, 64);
  _tile_dpbusd(0, 1, 2);
  _tile_stored(0, sums, 64);
  _tile_release();
  for (const int sum : sums) {
    if (sum != 128) return false;
  }
  return true;
}

}  // namespace

bool amx_works() noexcept {
  if (!announced() || !permitted()) return false;
  const pid_t child = ::fork();
  if (child < 0) return false;
  // Whatever signal a lying machine raises ends the child alone; _exit runs none of the parent's
  // handlers.
  if (child == 0) ::_exit(multiplies() ? 0 : 1);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return false;
  }
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace martlet

#include "core/heap.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <utility>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <unistd.h>

namespace martlet {

void keep_large_blocks_apart() noexcept {
#ifdef __GLIBC__
  constexpr int kLargeBlock = 256 * 1024;
  ::mallopt(M_MMAP_THRESHOLD, kLargeBlock);
#endif
}

void give_back_free_memory() noexcept {
#ifdef __GLIBC__
  ::malloc_trim(0);
#endif
}

HeapSizes heap_sizes() noexcept {
  HeapSizes sizes;
  std::ifstream file("/proc/self/statm");
  std::size_t total = 0;
  if (file >> total >> sizes.resident)
    sizes.resident *= static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
#ifdef __GLIBC__
  sizes.used = ::mallinfo2().uordblks;
#endif
  return sizes;
}

HeapKeeper::HeapKeeper(std::function<HeapSizes()> sizes, std::function<void()> give_back)
    : sizes_(std::move(sizes)),
      give_back_(std::move(give_back)),
      last_(sizes_()),
      least_resident_(last_.resident),
      most_used_(last_.used) {}

void HeapKeeper::look() {
  const HeapSizes now = sizes_();
  const bool rests = now.resident == last_.resident && now.used == last_.used;
  last_ = now;
  least_resident_ = std::min(least_resident_, now.resident);
  most_used_ = std::max(most_used_, now.used);
  // What came and went between two looks shows in the first, what stayed for longer in the second.
  const std::size_t freed = std::max(now.resident - least_resident_, most_used_ - now.used);
  if (rests ? freed < kLittle && !again_ : freed < kMuch) return;
  give_back_();
  again_ = !rests;
  last_ = sizes_();
  least_resident_ = last_.resident;
  most_used_ = last_.used;
}

}  // namespace martlet

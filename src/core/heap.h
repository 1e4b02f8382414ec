// What the C library's heap does with memory that is free again.
#pragma once

#include <cstddef>
#include <functional>

namespace martlet {

/// Keeps large blocks out of the heaps: the memory of a model that is unloaded goes back to the
/// system. glibc would raise the limit by itself once such a block is freed.
void keep_large_blocks_apart() noexcept;

/// Gives the system what is free in the heaps, also between blocks that are in use. Takes
/// milliseconds, after something large.
void give_back_free_memory() noexcept;

/// Bytes of this process; 0 where the system does not say.
struct HeapSizes {
  std::size_t resident = 0;
  std::size_t used = 0;  // of the heaps: not free
};
HeapSizes heap_sizes() noexcept;

/// Gives free memory back when there is some: what requests were read into, in many small blocks,
/// would stay in the heaps for good. Much is given back at once, a little where the process rests.
class HeapKeeper {
 public:
  static constexpr std::size_t kMuch = std::size_t{32} << 20;
  static constexpr std::size_t kLittle = std::size_t{1} << 20;

  /// Others than the process's own are for tests.
  explicit HeapKeeper(
      std::function<HeapSizes()> sizes = &heap_sizes,
      std::function<void()> give_back = &give_back_free_memory
  );

  /// To be called about once a second, by one thread.
  void look();

 private:
  const std::function<HeapSizes()> sizes_;
  const std::function<void()> give_back_;
  HeapSizes last_;              // when it last looked
  std::size_t least_resident_;  // both since memory was last given back
  std::size_t most_used_;
  bool again_ = false;  // what was freed while memory was given back shows in neither
};

}  // namespace martlet

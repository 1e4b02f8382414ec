#include "core/arena.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <new>

namespace martlet {
namespace {

constexpr std::size_t kLine = 64;
constexpr std::size_t kHugePage = std::size_t{2} << 20;
/// From here on half an empty huge page costs less than many small ones.
constexpr std::size_t kWorthHugePages = kHugePage / 2;
/// Floats of a chunk: pages that no piece touches stay the system's.
constexpr std::size_t kChunk = 16 * kHugePage / sizeof(float);

std::size_t round_up_to(std::size_t size, std::size_t unit) {
  return (size + unit - 1) / unit * unit;
}

float* allocate(std::size_t size) {
  const std::size_t bytes = std::max(size * sizeof(float), kLine);
  const std::size_t unit = bytes < kWorthHugePages ? kLine : kHugePage;
  const std::size_t whole = round_up_to(bytes, unit);
  void* data = std::aligned_alloc(unit, whole);
  if (data == nullptr) throw std::bad_alloc();
  // Advice: where the system has no huge pages, small ones do.
  if (unit == kHugePage) ::madvise(data, whole, MADV_HUGEPAGE);
  return static_cast<float*>(data);
}

}  // namespace

AlignedBuffer::AlignedBuffer(std::size_t size) : data_(allocate(size)), size_(size) {}

AlignedBuffer::AlignedBuffer(std::size_t size, Arena& arena)
    : data_(arena.take(size), Free{.borrowed = true}), size_(size) {}

void AlignedBuffer::Free::operator()(float* p) const noexcept {
  if (!borrowed) std::free(p);
}

float* Arena::take(std::size_t size) {
  const std::size_t floats = round_up_to(std::max<std::size_t>(size, 1), kLine / sizeof(float));
  if (floats > left_) {
    chunks_.emplace_back(std::max(floats, kChunk));
    next_ = chunks_.back().data();
    left_ = chunks_.back().size();
  }
  float* piece = next_;
  next_ += floats;
  left_ -= floats;
  return piece;
}

}  // namespace martlet

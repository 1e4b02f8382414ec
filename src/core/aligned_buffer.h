// A block of floats on a cache-line boundary: vector loads from it never straddle two lines.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

namespace martlet {

class Arena;

/// Uninitialised on allocation. Throws std::bad_alloc.
class AlignedBuffer {
 public:
  AlignedBuffer() = default;
  /// Memory of its own; of a megabyte and more, in huge pages.
  explicit AlignedBuffer(std::size_t size);
  /// A piece of `arena`, which must outlive it.
  AlignedBuffer(std::size_t size, Arena& arena);

  [[nodiscard]] float* data() noexcept { return data_.get(); }
  [[nodiscard]] const float* data() const noexcept { return data_.get(); }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::span<float> values() noexcept { return {data(), size_}; }
  [[nodiscard]] std::span<const float> values() const noexcept { return {data(), size_}; }

 private:
  struct Free {
    bool borrowed;  // from an arena
    void operator()(float* p) const noexcept;
  };

  std::unique_ptr<float, Free> data_;
  std::size_t size_ = 0;
};

}  // namespace martlet

// A block of floats on a cache-line boundary: vector loads from it never straddle two lines.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <new>
#include <span>

namespace martlet {

/// Uninitialised on allocation. Throws std::bad_alloc.
class AlignedBuffer {
 public:
  AlignedBuffer() = default;
  explicit AlignedBuffer(std::size_t size) : data_(allocate(size)), size_(size) {}

  [[nodiscard]] float* data() noexcept { return data_.get(); }
  [[nodiscard]] const float* data() const noexcept { return data_.get(); }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::span<float> values() noexcept { return {data(), size_}; }
  [[nodiscard]] std::span<const float> values() const noexcept { return {data(), size_}; }

 private:
  struct Free {
    void operator()(float* p) const noexcept { std::free(p); }
  };

  static float* allocate(std::size_t size) {
    constexpr std::size_t kLine = 64;
    const std::size_t bytes = (size * sizeof(float) + kLine - 1) / kLine * kLine;
    void* data = std::aligned_alloc(kLine, bytes == 0 ? kLine : bytes);
    if (data == nullptr) throw std::bad_alloc();
    return static_cast<float*>(data);
  }

  std::unique_ptr<float, Free> data_;
  std::size_t size_ = 0;
};

}  // namespace martlet

// Packed weights on their way into L2 while a rank waits for the others.
//
// Where ranks split columns, each reads its part of the weights once a pass, for few rows: products
// wait for the memory behind L2, which then waits while ranks meet or convert rows.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace martlet {

/// One rank's. What comes next is what came next in the pass before: nothing plans it, and where
/// the guess is wrong it costs time only.
class alignas(64) WeightStream {
 public:
  using Bytes = std::span<const std::byte>;

  /// Room for the products of a pass; those past it are not remembered. May throw std::bad_alloc.
  void reserve(std::size_t products) { order_.reserve(products); }

  void begin_pass() noexcept;
  /// A product begins that reads `weights`, from the first to the last.
  void begin_product(Bytes weights) noexcept;

  /// The next weights, up to `bytes` of them, behind those of the product that was begun last.
  /// Empty where none are known, or enough are in L2.
  [[nodiscard]] Bytes take(std::size_t bytes) noexcept;
  /// Fetches them. False: there was nothing to fetch.
  bool fetch(std::size_t bytes) noexcept;

 private:
  void go_to(std::size_t product) noexcept;

  std::vector<Bytes> order_;  // what the products of a pass read
  std::size_t begun_ = 0;     // products of this pass
  std::size_t next_ = 0;      // the product of which is taken
  Bytes left_;                // of it
  std::size_t ahead_ = 0;     // bytes that are taken and whose product has not begun
};

}  // namespace martlet

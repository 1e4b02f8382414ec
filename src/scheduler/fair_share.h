// Whose turn it is: stride scheduling over the priority classes.
//
// Each class has a pass, the tokens it got divided by its share. The class with the lowest pass is
// next, so over time waiting classes get tokens in proportion to their shares, whatever the sizes
// of their requests. A class that had nothing to do does not save up: it rejoins at the pass of the
// class served last. Nor does a class
// pay forever for room that nobody else wanted: its pass stays within a burst of that floor.
#pragma once

#include <array>
#include <cstdint>

#include "martlet/scheduling.h"

namespace martlet {

class FairShare {
 public:
  /// A class gets at most `burst` tokens ahead of its turn.
  FairShare(const std::int32_t (&shares)[kPriorities], std::int64_t burst);

  /// The next class among those `waiting`, the more urgent one of equals. One of them must wait.
  [[nodiscard]] std::size_t next(const std::array<bool, kPriorities>& waiting);
  /// `tokens` of this class were released.
  void charge(std::size_t priority, std::int64_t tokens) noexcept;

 private:
  std::array<double, kPriorities> shares_{};
  double burst_;
  std::array<double, kPriorities> pass_{};
  std::array<bool, kPriorities> was_waiting_{};
  double floor_ = 0;  // the pass of the class served last
};

}  // namespace martlet

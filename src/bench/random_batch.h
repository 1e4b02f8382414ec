// Token ids for measurements: seeded, and new for every run, so that nothing can learn them.
#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include "martlet/encoder.h"

namespace martlet {

class RandomBatch {
 public:
  /// `batch` sequences of `seq` tokens out of a vocabulary of `vocab_size`.
  RandomBatch(std::int32_t batch, std::int32_t seq, std::int32_t vocab_size, std::uint64_t seed)
      : generator_(seed), id_(0, vocab_size - 1) {
    ids_.resize(static_cast<std::size_t>(batch) * static_cast<std::size_t>(seq));
    for (std::int32_t i = 0; i <= batch; ++i) starts_.push_back(i * seq);
  }

  void next() {
    for (std::int32_t& id : ids_) id = id_(generator_);
  }

  /// Valid until the next change.
  [[nodiscard]] TokenBatch view() const { return {.ids = ids_, .type_ids = {}, .starts = starts_}; }

 private:
  std::mt19937_64 generator_;
  std::uniform_int_distribution<std::int32_t> id_;
  std::vector<std::int32_t> ids_;
  std::vector<std::int32_t> starts_;
};

}  // namespace martlet

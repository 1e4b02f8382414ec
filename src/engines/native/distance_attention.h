// DeBERTa's attention: a score is the product of a query and a key, and those of either with the
// embedding of the distance between them.
//
//   score(i, j) = scale (q_i k_j + q_i K[r] + k_j Q[r]),  r = row_of(i - j)
//
// K and Q are what the layer makes keys and queries of the embeddings of distances: they are
// computed when weights are packed. At run time a head multiplies its queries with K and its keys
// with Q, of which it takes the rows that distances within the sequence have, and hands the sums to
// the attention kernel as a bias.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/arena.h"
#include "core/thread_pool.h"
#include "engines/native/family_tensors.h"
#include "engines/native/linear.h"
#include "kernels/cpu/kernels.h"

namespace martlet {

/// Of one head, fp32 layers [rows, head_dim] without biases, times the scale.
struct DistanceTables {
  Linear keys;
  Linear queries;
};

/// DistanceConfig::row_of of every distance that can occur, from 1 - `positions` on.
std::vector<std::int32_t> distance_rows(const DistanceConfig& config, std::int32_t positions);

/// Packs tables. All that it is made of must outlive it.
class DistancePacker {
 public:
  DistancePacker(const HfConfig& config, const Kernels& kernels, Arena& arena, ThreadPool& pool)
      : config_(config), kernels_(kernels), arena_(arena), pool_(pool) {}

  /// Those of a layer's heads. `embeddings`: [rows, hidden], normalized.
  [[nodiscard]] std::vector<DistanceTables> pack(
      std::span<const float> embeddings, const LayerTensors& layer
  ) const;

 private:
  [[nodiscard]] std::vector<float> project(
      std::span<const float> embeddings, const DenseTensors& dense
  ) const;
  [[nodiscard]] Linear table(std::span<const float> projected, std::size_t head) const;

  const HfConfig& config_;
  const Kernels& kernels_;
  Arena& arena_;
  ThreadPool& pool_;
};

/// Attention of one head over one sequence.
class DistanceAttention {
 public:
  /// `rows`: of distance_rows(). All must outlive it.
  DistanceAttention(
      const Kernels& kernels, const AttentionKernels& attention, std::span<const std::int32_t> rows
  )
      : gemm_(kernels.gemm), attention_(attention), rows_(rows) {}

  /// Floats of scratch that run() needs for at most so many keys.
  [[nodiscard]] std::size_t scratch(std::size_t keys, std::size_t head_dim) const;
  /// `head` has no bias, and its queries are those of the first keys.
  void run(const DistanceTables& tables, const AttentionF32& head) const;

 private:
  /// Columns of products with a table: those of its panels from `panel` on.
  struct Columns {
    std::size_t panel;
    std::size_t stride;  // between rows of products
  };
  struct Rows {
    const float* x;
    std::size_t stride;
    std::size_t count;
  };

  [[nodiscard]] std::size_t row_of(std::ptrdiff_t distance) const {
    const auto zero = static_cast<std::ptrdiff_t>(rows_.size() / 2);
    return static_cast<std::size_t>(rows_[static_cast<std::size_t>(zero + distance)]);
  }
  [[nodiscard]] std::size_t panel_of(std::ptrdiff_t distance) const {
    return row_of(distance) / gemm_.panel_width;
  }
  [[nodiscard]] Columns columns(std::size_t queries, std::size_t keys) const;
  /// Products with the table's rows of distances from `low` to `high`, which are among `columns`.
  void multiply(
      const Linear& table, const Rows& rows, const Columns& columns,
      std::pair<std::ptrdiff_t, std::ptrdiff_t> distances, float* out
  ) const;

  const GemmKernels& gemm_;
  const AttentionKernels& attention_;
  std::span<const std::int32_t> rows_;
};

}  // namespace martlet

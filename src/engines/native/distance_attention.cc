#include "engines/native/distance_attention.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "engines/native/share.h"

namespace martlet {
namespace {

/// Queries, or keys, that are multiplied with tables at a time: enough to reuse what is loaded, and
/// few enough that most of a long sequence's distances are not theirs.
constexpr std::size_t kBlock = 32;

/// Calls work(begin, count) for blocks of `size`.
template <class Work>
void for_each_block(std::size_t size, const Work& work) {
  for (std::size_t begin = 0; begin < size; begin += kBlock)
    work(begin, std::min(kBlock, size - begin));
}

std::ptrdiff_t distance(std::size_t query, std::size_t key) {
  return static_cast<std::ptrdiff_t>(query) - static_cast<std::ptrdiff_t>(key);
}

}  // namespace

std::vector<std::int32_t> distance_rows(const DistanceConfig& config, std::int32_t positions) {
  std::vector<std::int32_t> rows;
  if (!config.matter()) return rows;
  for (std::int32_t distance = 1 - positions; distance < positions; ++distance)
    rows.push_back(config.row_of(distance));
  return rows;
}

std::vector<float> DistancePacker::project(
    std::span<const float> embeddings, const DenseTensors& dense
) const {
  const auto inputs = static_cast<std::size_t>(dense.inputs);
  Arena scratch;
  Linear linear;
  linear.n = static_cast<std::size_t>(dense.outputs);
  linear.k = inputs;
  martlet::pack(kernels_, dense.weight.values(), Precision::kFp32, linear, scratch, pool_);
  const std::size_t rows = embeddings.size() / inputs;
  std::vector<float> out(rows * linear.n);
  const GemmF32 product{
      .a = embeddings.data(),
      .lda = inputs,
      .packed = linear.packed.data(),
      .bias = dense.bias.values().data(),
      .c = out.data(),
      .ldc = linear.n,
      .m = rows,
      .n = linear.n,
      .k = inputs,
  };
  pool_.run([&](Team& team) {
    const Range mine = share(panel_count(linear.n, kernels_.gemm.panel_width), team);
    kernels_.gemm.f32(product, mine.begin, mine.end);
  });
  return out;
}

Linear DistancePacker::table(std::span<const float> projected, std::size_t head) const {
  const auto hidden = static_cast<std::size_t>(config_.hidden_size);
  const std::size_t head_dim = hidden / static_cast<std::size_t>(config_.heads);
  const float scale = config_.score_scale();
  std::vector<float> rows;
  for (; !projected.empty(); projected = projected.subspan(hidden)) {
    for (const float value : projected.subspan(head * head_dim, head_dim))
      rows.push_back(value * scale);
  }
  Linear out;
  out.n = rows.size() / head_dim;
  out.k = head_dim;
  martlet::pack(kernels_, rows, Precision::kFp32, out, arena_, pool_);
  return out;
}

std::vector<DistanceTables> DistancePacker::pack(
    std::span<const float> embeddings, const LayerTensors& layer
) const {
  const std::vector<float> keys = project(embeddings, layer.key);
  const std::vector<float> queries = project(embeddings, layer.query);
  std::vector<DistanceTables> tables;
  for (std::size_t head = 0; head < static_cast<std::size_t>(config_.heads); ++head)
    tables.push_back({table(keys, head), table(queries, head)});
  return tables;
}

DistanceAttention::Columns DistanceAttention::columns(std::size_t queries, std::size_t keys) const {
  const std::size_t first = panel_of(distance(0, keys - 1));
  const std::size_t last = panel_of(distance(queries - 1, 0));
  return {first, row_stride((last + 1 - first) * gemm_.panel_width)};
}

std::size_t DistanceAttention::scratch(std::size_t keys, std::size_t head_dim) const {
  return row_stride(attention_.scratch(keys, head_dim)) +
         (keys + kBlock) * columns(keys, keys).stride + kBlock * row_stride(keys);
}

void DistanceAttention::multiply(
    const Linear& table, const Rows& rows, const Columns& columns,
    std::pair<std::ptrdiff_t, std::ptrdiff_t> distances, float* out
) const {
  const std::size_t first_row = columns.panel * gemm_.panel_width;
  gemm_.f32(
      {
          .a = rows.x,
          .lda = rows.stride,
          .packed = table.packed.data() + first_row * table.k,
          .c = out,
          .ldc = columns.stride,
          .m = rows.count,
          .n = table.n - first_row,
          .k = table.k,
      },
      panel_of(distances.first) - columns.panel, panel_of(distances.second) + 1 - columns.panel
  );
}

void DistanceAttention::run(const DistanceTables& tables, const AttentionF32& head) const {
  const Columns columns = this->columns(head.queries, head.keys);
  const std::size_t first_row = columns.panel * gemm_.panel_width;
  const std::size_t bias_stride = row_stride(head.keys);
  float* of_keys = head.scratch + row_stride(attention_.scratch(head.keys, head.head_dim));
  float* of_queries = of_keys + head.keys * columns.stride;
  float* bias = of_queries + kBlock * columns.stride;

  for_each_block(head.keys, [&](std::size_t key, std::size_t count) {
    const Rows rows{head.k + key * head.kv_stride, head.kv_stride, count};
    const std::pair distances(distance(0, key + count - 1), distance(head.queries - 1, key));
    multiply(tables.queries, rows, columns, distances, of_keys + key * columns.stride);
  });
  for_each_block(head.queries, [&](std::size_t query, std::size_t count) {
    const Rows rows{head.q + query * head.q_stride, head.q_stride, count};
    const std::pair distances(distance(query, head.keys - 1), distance(query + count - 1, 0));
    multiply(tables.keys, rows, columns, distances, of_queries);
    for_each_block(head.keys, [&](std::size_t key, std::size_t keys) {
      for (std::size_t i = 0; i < count; ++i) {
        for (std::size_t j = key; j < key + keys; ++j) {
          const std::size_t column = row_of(distance(query + i, j)) - first_row;
          bias[i * bias_stride + j] =
              of_queries[i * columns.stride + column] + of_keys[j * columns.stride + column];
        }
      }
    });
    AttentionF32 part = head;
    part.q = rows.x;
    part.queries = count;
    part.out += query * head.out_stride;
    part.bias = bias;
    part.bias_stride = static_cast<std::ptrdiff_t>(bias_stride);
    attention_.f32(part);
  });
}

}  // namespace martlet

// What a group begins with: the sum of its embeddings, normalized and as wide as the layers.
#include <algorithm>
#include <span>

#include "engines/native/group_pass.h"

namespace martlet {
namespace {

/// Calls run(begin, end, position) for rows [begin, end) of a sequence whose positions count on
/// from `position`: all of them at once, but for a padding token in the midst of a text, which has
/// a position of its own and does not count.
template <class Run>
void for_each_run(
    std::span<const std::int32_t> ids, std::size_t begin, std::size_t end, std::int32_t padding,
    const Run& run
) {
  if (padding < 0) return run(begin, end, begin);
  const auto own = static_cast<std::size_t>(padding);
  const auto counted =
      begin - static_cast<std::size_t>(std::ranges::count(ids.first(begin), padding));
  std::size_t position = own + 1 + counted;
  for (std::size_t row = begin; row < end;) {
    const std::size_t first = row;
    while (row < end && ids[row] != padding) ++row;
    if (first < row) run(first, row, position);
    position += row - first;
    if (row < end) run(row, row + 1, own);
    ++row;
  }
}

}  // namespace

void GroupPass::embed() {
  const Range mine = share_rows(tokens_, team_);
  for (std::size_t sequence = 0; sequence < sequences_; ++sequence) {
    const std::size_t first = row(sequence);
    const std::size_t begin = std::max(mine.begin, first);
    const std::size_t end = std::min(mine.end, row(sequence + 1));
    if (begin >= end) continue;
    for_each_run(
        batch_.ids.subspan(first_ + first, length(sequence)), begin - first, end - first,
        weights_.config.padding_position,
        [&](std::size_t from, std::size_t to, std::size_t position) {
          embed_rows(first + from, first + to, position);
        }
    );
  }
  timer_.done(Step::kEmbed);
  // A probe embeds before there are layers.
  const LayerWeights* first_layer = weights_.layers.front().get();
  const Linear* reader = first_layer == nullptr ? nullptr : &first_layer->query;
  if (!weights_.embedding_projection) {
    normalize(weights_.embedding_norm, tokens_, reader);
    // The sum that the first sublayer adds to is normalized too.
    if (weights_.config.pre_norm) steps_.copy_rows(w_.input, w_.x, hidden_, mine);
    return;
  }
  steps_.normalize(
      weights_.embedding_norm, weights_.config.layer_norm_eps, embedding_size(), tokens_, nullptr
  );
  project_embeddings(*weights_.embedding_projection);
  if (reader != nullptr) prepare(*reader);
}

void GroupPass::embed_rows(std::size_t begin, std::size_t end, std::size_t position) {
  const std::span<const float> types = weights_.type_embeddings.values();
  const std::span<const float> positions = weights_.position_embeddings.values();
  const EmbedRows rows{
      .ids = batch_.ids.data() + first_ + begin,
      .positions = positions.empty() ? nullptr : positions.data() + position * embedding_size(),
      .types = types.empty() ? nullptr : types.data(),
      .type_ids = batch_.type_ids.empty() ? nullptr : batch_.type_ids.data() + first_ + begin,
      .out = w_.x + begin * w_.hidden_stride,
      .stride = w_.hidden_stride,
      .rows = end - begin,
      .n = embedding_size(),
  };
  weights_.word_embeddings.embed(rows, kernels_.embed);
}

/// x to x; fp32 in every precision, as it is done once a token.
void GroupPass::project_embeddings(const Linear& projection) {
  steps_.multiply(
      {.step = Step::kEmbed,
       .linear = projection,
       .a = w_.x,
       .lda = w_.hidden_stride,
       .operand = w_.hidden_operand,
       .c = w_.spare,
       .ldc = w_.hidden_stride},
      tokens_
  );
  steps_.barrier();
  const Range mine = share_rows(tokens_, team_);
  steps_.copy_rows(w_.spare, w_.x, hidden_, mine);
  timer_.done(Step::kEmbed);
  steps_.end_of_step(tokens_);
}

}  // namespace martlet

#include "engines/native/forward.h"

namespace martlet {
namespace {

/// The end of the group that begins at sequence `begin`: of the ends with between half and all of
/// kGroupTokens, the last that leaves least of the last tile empty.
std::size_t group_end(const TokenBatch& batch, std::size_t begin, std::size_t limit) {
  constexpr std::size_t kFullTile = 32;
  const auto rows_until = [&](std::size_t end) { return tokens(batch, {begin, end}); };
  std::size_t best = begin + 1;
  double least_waste = 2;
  for (std::size_t end = begin + 1; end <= limit && rows_until(end) <= kGroupTokens; ++end) {
    const std::size_t rows = rows_until(end);
    if (2 * rows < kGroupTokens && end != limit) continue;
    const double waste = static_cast<double>(round_up(rows, kFullTile)) / static_cast<double>(rows);
    if (waste <= least_waste) {
      least_waste = waste;
      best = end;
    }
    if (end == limit) best = limit;
  }
  return best;
}

}  // namespace

void Forward::run(
    const TokenBatch& batch, const Chunk& chunk, OutputKind kind, Workspace& workspace, Team& team,
    EncoderOutput& output
) const {
  StepTimer timer(workspace.times == nullptr ? nullptr : workspace.times + team.rank());
  const bool splits_columns = team.size() > 1 && !splits_rows(tokens(batch, chunk), team);
  const PassContext context{
      .weights = weights_,
      .kernels = kernels_,
      .batch = batch,
      .team = team,
      .timer = timer,
      .stream = splits_columns ? &workspace.stream(team.rank()) : nullptr,
  };
  if (context.stream != nullptr) context.stream->begin_pass();
  const auto for_each_group = [&](const auto& work) {
    for (Chunk group{chunk.begin, chunk.begin}; group.end < chunk.end;) {
      group = {group.end, team.size() > 1 ? chunk.end : group_end(batch, group.end, chunk.end)};
      const std::size_t row = tokens(batch, {chunk.begin, group.begin});
      GroupPass pass(context, group, workspace.activations().from(row));
      work(pass);
    }
  };
  // A part of a layer for every group, then the next part: its weights stay in L2 from group to
  // group.
  const auto run_layer = [&](const LayerWeights& layer, const Linear* next) {
    for_each_group([&](GroupPass& pass) { pass.attend(layer); });
    if (layer.ff_out.precision == Precision::kFp32) {  // inner holds the rows of one group
      for_each_group([&](GroupPass& pass) {
        pass.ff_in(layer);
        pass.ff_out(layer, next);
      });
      return;
    }
    for_each_group([&](GroupPass& pass) { pass.ff_in(layer); });
    for_each_group([&](GroupPass& pass) { pass.ff_out(layer, next); });
  };
  const bool first_tokens_only =
      !weights_.config.pre_norm &&
      (kind == OutputKind::kCls || kind == OutputKind::kPooler ||
       (kind == OutputKind::kLogits && weights_.head == HeadKind::kSequence));
  for_each_group([](GroupPass& pass) { pass.embed(); });
  const auto& layers = weights_.layers;
  for (std::size_t i = 0; i + 1 < layers.size(); ++i) run_layer(*layers[i], &layers[i + 1]->query);
  if (!first_tokens_only) run_layer(*layers.back(), nullptr);
  for_each_group([&](GroupPass& pass) {
    if (first_tokens_only) pass.run_layer_first_tokens(*layers.back());
    pass.write(kind, output);
  });
  timer.done(Step::kHead);
}

}  // namespace martlet

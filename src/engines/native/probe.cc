#include "engines/native/probe.h"

#include <algorithm>
#include <cmath>
#include <random>

namespace martlet {
namespace {

constexpr std::size_t kSequences = 4;
constexpr std::size_t kLength = 16;
constexpr std::size_t kTokens = kSequences * kLength;

/// What most BERT vocabularies have at 101 and 102, [CLS] and [SEP]; elsewhere words like others.
constexpr std::uint32_t kFirstToken = 101;
constexpr std::uint32_t kLastToken = 102;

std::vector<std::int32_t> made_up_ids(std::uint32_t vocabulary) {
  std::vector<std::int32_t> ids(kTokens);
  std::minstd_rand random(1);  // its numbers are the same everywhere
  for (std::size_t row = 0; row < kTokens; ++row) {
    auto token = static_cast<std::uint32_t>(random());
    if (row % kLength == 0) token = kFirstToken;
    if (row % kLength == kLength - 1) token = kLastToken;
    ids[row] = static_cast<std::int32_t>(token % vocabulary);
  }
  return ids;
}

}  // namespace

Probe::Probe(const NativeWeights& weights, const Kernels& kernels, ThreadPool& pool)
    : weights_(weights),
      kernels_(kernels),
      pool_(pool),
      ids_(made_up_ids(static_cast<std::uint32_t>(weights.config.vocab_size))),
      sizes_(static_cast<std::size_t>(weights.config.hidden_size)) {
  const auto length = std::min(kLength, static_cast<std::size_t>(weights.config.max_length()));
  for (std::size_t row = 0; row <= kTokens; row += length)
    starts_.push_back(static_cast<std::int32_t>(row));
  ids_.resize(static_cast<std::size_t>(starts_.back()));
  workspace_.reserve(
      weights, kernels,
      {.tokens = kTokens, .group_tokens = kTokens, .longest = length, .ranks = pool.size()}
  );
  run([](GroupPass& pass) { pass.embed(); });
}

void Probe::run(const std::function<void(GroupPass&)>& work) {
  const TokenBatch batch{.ids = ids_, .type_ids = {}, .starts = starts_};
  pool_.run([&](Team& team) {
    StepTimer untimed(nullptr);
    const PassContext context{
        .weights = weights_, .kernels = kernels_, .batch = batch, .team = team, .timer = untimed
    };
    GroupPass pass(context, {0, batch.sequences()}, workspace_.activations());
    work(pass);
  });
}

std::span<const float> Probe::layer_input() {
  const Activations& w = workspace_.activations();
  sizes_.assign(sizes_.size(), 0);
  for (std::size_t row = 0; row < ids_.size(); ++row) {
    const float* values = w.input + row * w.hidden_stride;
    for (std::size_t i = 0; i < sizes_.size(); ++i) sizes_[i] += values[i] * values[i];
  }
  for (float& size : sizes_) size = std::sqrt(size / static_cast<float>(ids_.size()));
  return sizes_;
}

std::span<const float> Probe::ff_input(const LayerWeights& layer) {
  run([&](GroupPass& pass) {
    pass.prepare(layer.query);
    pass.attend(layer);
  });
  return layer_input();
}

void Probe::finish_layer(const LayerWeights& layer) {
  run([&](GroupPass& pass) {
    pass.prepare(layer.ff_in);
    pass.ff_in(layer);
    pass.ff_out(layer, nullptr);
  });
}

}  // namespace martlet

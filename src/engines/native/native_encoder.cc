#include "engines/native/native_encoder.h"

#include <immintrin.h>

#include <algorithm>
#include <new>
#include <utility>

#include "core/cpu.h"
#include "core/error.h"
#include "engines/batch_check.h"
#include "formats/precision_record.h"

namespace martlet {
namespace {

constexpr std::string_view kWhere = "engine native";

/// Tokens of a chunk that a rank runs alone: its activations stay in L2, and the weights are read
/// often enough per byte to hide the cost of streaming them.
constexpr std::size_t kChunkTokens = 512;
/// The last chunks of a batch are smaller, so that no rank waits long for another that has the last
/// one; below this the weights are read too often.
constexpr std::size_t kLeastChunkTokens = 128;
/// Batches below this many tokens a rank are computed by all ranks together.
constexpr std::size_t kTokensPerRank = 64;

std::size_t total_tokens(const TokenBatch& batch) { return batch.ids.size(); }

std::size_t length(const TokenBatch& batch, std::size_t sequence) {
  return static_cast<std::size_t>(batch.starts[sequence + 1] - batch.starts[sequence]);
}

std::size_t longest(const TokenBatch& batch, const Chunk& chunk) {
  std::size_t most = 0;
  for (std::size_t i = chunk.begin; i < chunk.end; ++i) most = std::max(most, length(batch, i));
  return most;
}

/// Fails where the level cannot multiply in this precision.
Status check_precision(Precision precision, const Kernels& kernels) {
  if (precision != Precision::kBf16 || kernels.gemm_bf16 != nullptr) return {};
  return error(
      StatusCode::kUnavailable, kWhere,
      "precision bf16, got ISA level {}, expected avx512_bf16 or amx", to_string(kernels.isa)
  );
}

Result<Precision> parse_precision(std::string_view name) {
  for (const Precision precision : {Precision::kFp32, Precision::kBf16, Precision::kInt8}) {
    if (name == to_string(precision)) return precision;
  }
  return error(
      StatusCode::kUnsupported, kWhere, "precision, got '{}', expected auto, fp32, bf16 or int8",
      name
  );
}

/// What the record of this model (with its adapter) says is fastest here and good enough; fp32
/// where there is none for this level.
PrecisionPlan measured_best(
    const std::filesystem::path& directory, const EncoderOptions& options, const Kernels& kernels
) {
  const auto record = load_precision_record(directory, options.adapter);
  if (!record) return {};
  const PrecisionLevel* level = record->find(to_string(kernels.isa), cpu_name());
  if (level == nullptr) return {};
  const PrecisionCheck& chosen = level->chosen();
  PrecisionPlan plan{.precision = *parse_precision(chosen.precision)};
  for (const std::string& layer : chosen.layers) plan.layers.push_back(*parse_precision(layer));
  return plan;
}

/// Treats denormals as zero while it lives: they slow arithmetic 20 to 100 times and mean nothing
/// here.
class FlushDenormals {
 public:
  FlushDenormals() : saved_(_mm_getcsr()) { _mm_setcsr(saved_ | kFlushToZero | kDenormalsAreZero); }
  ~FlushDenormals() { _mm_setcsr(saved_); }
  FlushDenormals(const FlushDenormals&) = delete;
  FlushDenormals& operator=(const FlushDenormals&) = delete;

 private:
  static constexpr unsigned kFlushToZero = 0x8000;
  static constexpr unsigned kDenormalsAreZero = 0x0040;
  unsigned saved_;
};

}  // namespace

Result<std::unique_ptr<Encoder>> NativeEncoder::load(
    const std::filesystem::path& directory, const EncoderOptions& options
) {
  PrecisionPlan plan;
  if (options.precision == "auto") {
    const Result<Isa> isa = select_isa();
    if (!isa) return isa.status();
    plan = measured_best(directory, options, kernels_for(*isa));
  } else {
    const Result<Precision> precision = parse_precision(options.precision);
    if (!precision) return precision.status();
    plan.precision = *precision;
  }
  auto encoder = load(directory, options, plan);
  if (!encoder) return encoder.error();
  return std::move(*encoder);
}

Result<std::unique_ptr<NativeEncoder>> NativeEncoder::load(
    const std::filesystem::path& directory, const EncoderOptions& options,
    const PrecisionPlan& precision
) {
  const Result<Isa> isa = select_isa();
  if (!isa) return isa.status();
  const Kernels& kernels = kernels_for(*isa);
  MARTLET_RETURN_IF_ERROR(check_precision(precision.precision, kernels));
  for (const Precision layer : precision.layers)
    MARTLET_RETURN_IF_ERROR(check_precision(layer, kernels));
  auto pool = std::make_unique<ThreadPool>(ThreadPoolOptions{.threads = options.threads});
  auto weights = load_native_weights(
      directory, {.adapter = options.adapter, .precision = precision}, kernels, *pool
  );
  if (!weights) return weights.status();
  return std::unique_ptr<NativeEncoder>(
      new NativeEncoder(std::move(*weights), kernels, std::move(pool))
  );
}

NativeEncoder::NativeEncoder(
    NativeWeights weights, const Kernels& kernels, std::unique_ptr<ThreadPool> pool
)
    : weights_(std::move(weights)),
      kernels_(kernels),
      pool_(std::move(pool)),
      forward_(weights_, kernels_) {
  const HfConfig& config = weights_.config;
  info_ = {
      .engine = "native",
      .isa = std::string(to_string(kernels.isa)),
      .precision = std::string(to_string(weights_.precision.precision)),
      .model_type = config.model_type,
      .hidden_size = config.hidden_size,
      .vocab_size = config.vocab_size,
      .max_length = config.max_length(),
      .type_vocab_size = config.text_types(),
      .labels =
          weights_.head == HeadKind::kNone ? 0 : static_cast<std::int32_t>(weights_.classifier.n),
      .token_logits = weights_.head == HeadKind::kToken,
      .pooler = weights_.pooler.has_value(),
  };
}

Status NativeEncoder::run(
    const TokenBatch& batch, const RunOptions& options, EncoderOutput& output, StepTimes* times
) {
  MARTLET_RETURN_IF_ERROR(check(batch, options.output));
  try {
    const bool per_token = options.output == OutputKind::kTokens ||
                           (options.output == OutputKind::kLogits && info_.token_logits);
    output.rows = per_token ? total_tokens(batch) : batch.sequences();
    output.columns = columns(options.output);
    output.values.resize(output.rows * output.columns);
    if (batch.sequences() == 0) return {};

    const int ranks =
        options.threads > 0 ? std::min(options.threads, pool_->size()) : pool_->size();
    auto scratch = take_scratch();
    cut(batch, ranks, scratch->chunks);
    scratch->times.assign(times == nullptr ? 0 : static_cast<std::size_t>(ranks), {});
    if (ranks > 1 && scratch->chunks.size() == 1) {
      run_together(batch, options.output, ranks, *scratch, output);
    } else {
      run_chunks(batch, options.output, ranks, *scratch, output);
    }
    for (const StepTimes& rank : scratch->times) times->add(rank);
    give_back(std::move(scratch));
    weights_.word_embeddings.make_table(kernels_.embed, [this] {
      weights_.checkpoint.release_pages();
    });
  } catch (const std::bad_alloc&) {
    return error(
        StatusCode::kResourceExhausted, kWhere, "out of memory for a batch of {} tokens",
        total_tokens(batch)
    );
  }
  return {};
}

/// Chunks of whole sequences with at most kChunkTokens (or one sequence), smaller towards the end.
/// A batch too small to feed every rank, or whose longest sequence would keep one rank busy while
/// the others wait, stays in one piece.
void NativeEncoder::cut(const TokenBatch& batch, int ranks, std::vector<Chunk>& chunks) const {
  chunks.clear();
  const std::size_t all = total_tokens(batch);
  const auto count = static_cast<std::size_t>(ranks);
  const bool share_evenly = all <= kChunkTokens * count;
  std::size_t budget = kChunkTokens;
  if (ranks > 1 && share_evenly) {
    budget = (all + count - 1) / count;
    const std::size_t most = longest(batch, {0, batch.sequences()});
    if (budget < kTokensPerRank || most > budget) {
      chunks.push_back({0, batch.sequences()});
      return;
    }
    budget += most / 2;  // so that rounding to whole sequences does not leave a small rest
  }
  for (std::size_t begin = 0; begin < batch.sequences();) {
    if (ranks > 1 && !share_evenly) {
      const std::size_t left = tokens(batch, {begin, batch.sequences()});
      budget = std::clamp(left / (2 * count), kLeastChunkTokens, kChunkTokens);
    }
    std::size_t end = begin + 1;
    while (end < batch.sequences() && tokens(batch, {begin, end + 1}) <= budget) ++end;
    chunks.push_back({begin, end});
    begin = end;
  }
}

/// Ranks take chunks as they come free and run each alone.
void NativeEncoder::run_chunks(
    const TokenBatch& batch, OutputKind kind, int ranks, Scratch& scratch, EncoderOutput& output
) {
  std::size_t most_tokens = 0;
  for (const Chunk& chunk : scratch.chunks)
    most_tokens = std::max(most_tokens, tokens(batch, chunk));
  const std::size_t most_keys = longest(batch, {0, batch.sequences()});
  if (scratch.workspaces.size() < static_cast<std::size_t>(ranks))
    scratch.workspaces.resize(static_cast<std::size_t>(ranks));
  for (std::size_t rank = 0; rank < scratch.workspaces.size(); ++rank) {
    Workspace& workspace = scratch.workspaces[rank];
    workspace.reserve(
        weights_, kernels_,
        {.tokens = most_tokens,
         .group_tokens = std::max(std::min(kGroupTokens, most_tokens), most_keys),
         .longest = most_keys}
    );
    workspace.times = rank < scratch.times.size() ? &scratch.times[rank] : nullptr;
  }
  std::atomic<std::size_t> next{0};
  pool_->run(
      [&](Team& team) {
        const FlushDenormals flush;
        Workspace& workspace = scratch.workspaces[static_cast<std::size_t>(team.rank())];
        for (std::size_t i = next++; i < scratch.chunks.size(); i = next++) {
          Team alone;
          forward_.run(batch, scratch.chunks[i], kind, workspace, alone, output);
        }
      },
      ranks
  );
}

/// Every rank works on the one chunk.
void NativeEncoder::run_together(
    const TokenBatch& batch, OutputKind kind, int ranks, Scratch& scratch, EncoderOutput& output
) {
  const Chunk& all = scratch.chunks.front();
  if (scratch.workspaces.empty()) scratch.workspaces.resize(1);
  Workspace& workspace = scratch.workspaces.front();
  const std::size_t rows = tokens(batch, all);
  workspace.reserve(
      weights_, kernels_,
      {.tokens = rows, .group_tokens = rows, .longest = longest(batch, all), .ranks = ranks}
  );
  workspace.times = scratch.times.empty() ? nullptr : scratch.times.data();
  pool_->run(
      [&](Team& team) {
        const FlushDenormals flush;
        forward_.run(batch, all, kind, workspace, team, output);
      },
      ranks
  );
}

std::size_t NativeEncoder::columns(OutputKind kind) const {
  return static_cast<std::size_t>(kind == OutputKind::kLogits ? info_.labels : info_.hidden_size);
}

Status NativeEncoder::check(const TokenBatch& batch, OutputKind kind) const {
  if (kind == OutputKind::kLogits && weights_.head == HeadKind::kNone) {
    return Status(
        StatusCode::kInvalidModel,
        "[engine native] logits, got a model without a classification head"
    );
  }
  if (kind == OutputKind::kPooler && !info_.pooler) {
    return Status(
        StatusCode::kInvalidModel, "[engine native] pooler output, got a model without a pooler"
    );
  }
  return check_batch(batch, info_, kWhere);
}

std::unique_ptr<NativeEncoder::Scratch> NativeEncoder::take_scratch() {
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      auto scratch = std::move(idle_.back());
      idle_.pop_back();
      return scratch;
    }
  }
  return std::make_unique<Scratch>();
}

void NativeEncoder::give_back(std::unique_ptr<Scratch> scratch) {
  const std::lock_guard lock(mutex_);
  idle_.push_back(std::move(scratch));
}

}  // namespace martlet

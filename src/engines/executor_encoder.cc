#include "engines/executor_encoder.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <numeric>
#include <span>
#include <utility>

#include "core/error.h"
#include "engines/batch_check.h"
#include "engines/tensor_values.h"

namespace martlet {
namespace {

/// What another run costs, in tokens: less padding than this is cheaper than a run of its own.
constexpr std::size_t kRunTokens = 64;

std::size_t length(const TokenBatch& batch, std::size_t sequence) {
  return static_cast<std::size_t>(batch.starts[sequence + 1] - batch.starts[sequence]);
}

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::ranges::find(names, name) != names.end();
}

template <class T>
void fill_rows(std::vector<std::byte>& buffer, std::size_t count, const auto& value_at) {
  buffer.assign(count * sizeof(T), std::byte{0});
  value_at([&](std::size_t index, std::int64_t value) {
    const T narrow = static_cast<T>(value);
    std::memcpy(buffer.data() + index * sizeof(T), &narrow, sizeof(T));
  });
}

/// One vector of those of a sequence's tokens, [tokens, columns].
void pool(OutputKind kind, std::span<const float> tokens, std::span<float> out) {
  const std::size_t count = tokens.size() / out.size();
  std::ranges::copy(tokens.first(out.size()), out.begin());
  if (kind == OutputKind::kCls) return;
  for (std::size_t t = 1; t < count; ++t) {
    const std::span<const float> row = tokens.subspan(t * out.size(), out.size());
    for (std::size_t i = 0; i < out.size(); ++i)
      out[i] = kind == OutputKind::kMax ? std::max(out[i], row[i]) : out[i] + row[i];
  }
  if (kind != OutputKind::kMean) return;
  for (float& value : out) value /= static_cast<float>(count);
}

}  // namespace

ExecutorEncoder::ExecutorEncoder(EncoderInfo info, ExecutorFactory factory, int threads)
    : info_(std::move(info)),
      where_(fmt::format("engine {}", info_.engine)),
      factory_(std::move(factory)),
      threads_(threads) {}

Result<std::unique_ptr<Encoder>> ExecutorEncoder::make(
    EncoderInfo info, ExecutorFactory factory, int threads
) {
  std::unique_ptr<ExecutorEncoder> encoder(
      new ExecutorEncoder(std::move(info), std::move(factory), threads)
  );
  auto executor = encoder->factory_(threads);
  if (!executor) return executor.error();
  encoder->executor_ = *std::move(executor);
  MARTLET_RETURN_IF_ERROR(encoder->read_signature());
  return std::unique_ptr<Encoder>(std::move(encoder));
}

Status ExecutorEncoder::read_signature() {
  const ModelSignature& signature = executor_->signature();
  for (const TensorInfo& input : signature.inputs) MARTLET_RETURN_IF_ERROR(add_input(input));
  for (const TensorInfo& output : signature.outputs) MARTLET_RETURN_IF_ERROR(add_output(output));
  const bool has_ids = std::ranges::find(inputs_, Role::kIds, &Input::role) != inputs_.end();
  masked_ = std::ranges::find(inputs_, Role::kMask, &Input::role) != inputs_.end();
  if (!has_ids || (logits_.empty() && tokens_.empty())) {
    return error(
        StatusCode::kUnsupported, where_,
        "got a graph without {}, expected input_ids and logits, last_hidden_state or "
        "token_embeddings",
        has_ids ? "such outputs" : "token ids"
    );
  }
  if (logits_.empty()) info_.labels = 0;
  info_.pooler = !pooler_.empty();
  if (fixed_length_ > 0)
    info_.max_length = std::min(info_.max_length, static_cast<std::int32_t>(fixed_length_));
  return {};
}

Status ExecutorEncoder::add_input(const TensorInfo& info) {
  Input input{.name = info.name, .type = info.type, .role = Role::kIds};
  if (is_one_of(info.name, {"attention_mask", "input_mask", "mask"})) {
    input.role = Role::kMask;
  } else if (is_one_of(info.name, {"token_type_ids", "segment_ids"})) {
    input.role = Role::kTypeIds;
  } else if (info.name == "position_ids") {
    input.role = Role::kPositions;
  } else if (!is_one_of(info.name, {"input_ids", "ids", "tokens"})) {
    return error(
        StatusCode::kUnsupported, where_,
        "input '{}', expected input_ids, attention_mask, token_type_ids or position_ids", info.name
    );
  }
  const bool integers = info.type == TensorType::kInt64 || info.type == TensorType::kInt32;
  if (!integers || info.shape.size() != 2) {
    return error(
        StatusCode::kUnsupported, where_,
        "input {}, got {} of {} dimensions, expected int64 or int32 of 2", info.name,
        to_string(info.type), info.shape.size()
    );
  }
  if (info.shape[0] > 0) fixed_rows_ = static_cast<std::size_t>(info.shape[0]);
  if (info.shape[1] > 0) fixed_length_ = static_cast<std::size_t>(info.shape[1]);
  inputs_.push_back(std::move(input));
  return {};
}

Status ExecutorEncoder::add_output(const TensorInfo& info) {
  const std::size_t rank = info.shape.size();
  const std::int64_t width = rank == 0 ? -1 : info.shape.back();
  if (info.name == "logits" && (rank == 2 || rank == 3)) {
    logits_ = info.name;
    info_.token_logits = rank == 3;
    if (width > 0 && info_.labels > 0 && width != info_.labels) {
      return error(
          StatusCode::kInvalidModel, where_, "logits, got {} of them, expected {}", width,
          info_.labels
      );
    }
  } else if (rank == 3 && is_one_of(info.name, {"last_hidden_state", "token_embeddings"})) {
    tokens_ = info.name;
    if (width > 0) info_.hidden_size = static_cast<std::int32_t>(width);
  } else if (rank == 2 && info.name == "pooler_output") {
    pooler_ = info.name;
  }
  return {};
}

Result<Executor*> ExecutorEncoder::executor_for(int threads) {
  if (threads != 1 || threads_ == 1) return executor_.get();
  const std::lock_guard lock(mutex_);
  if (!single_) {
    auto made = factory_(1);
    if (!made) return made.error();
    single_ = *std::move(made);
  }
  return single_.get();
}

const std::string& ExecutorEncoder::output_for(OutputKind kind) const {
  if (kind == OutputKind::kLogits) return logits_;
  return kind == OutputKind::kPooler ? pooler_ : tokens_;
}

std::size_t ExecutorEncoder::columns(OutputKind kind) const {
  return static_cast<std::size_t>(kind == OutputKind::kLogits ? info_.labels : info_.hidden_size);
}

bool ExecutorEncoder::keeps_tokens(OutputKind kind) const {
  return kind == OutputKind::kTokens || (kind == OutputKind::kLogits && info_.token_logits);
}

Status ExecutorEncoder::check(const TokenBatch& batch, OutputKind kind) const {
  if (output_for(kind).empty()) {
    return error(
        StatusCode::kInvalidModel, where_, "{} output, got a graph without it",
        kind == OutputKind::kLogits   ? "logits"
        : kind == OutputKind::kPooler ? "pooler"
                                      : "token vectors as"
    );
  }
  return check_batch(batch, info_, where_);
}

void ExecutorEncoder::form_groups(const TokenBatch& batch, Scratch& scratch) const {
  const std::size_t count = batch.sequences();
  scratch.order.resize(count);
  std::iota(scratch.order.begin(), scratch.order.end(), std::size_t{0});
  std::ranges::sort(scratch.order, [&](std::size_t a, std::size_t b) {
    return std::pair(length(batch, b), a) < std::pair(length(batch, a), b);
  });
  scratch.groups.clear();
  const std::size_t most_rows = fixed_rows_ > 0 ? fixed_rows_ : count;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t here = length(batch, scratch.order[i]);
    Group* last = scratch.groups.empty() ? nullptr : &scratch.groups.back();
    // Without a mask there can be no padding; with one, as much as costs less than another run.
    const std::size_t wasted = last == nullptr ? 0 : (last->length - here) * (count - i);
    const bool fits = last != nullptr && last->end - last->begin < most_rows &&
                      (fixed_length_ > 0 || wasted <= (masked_ ? kRunTokens : 0));
    if (!fits) {
      scratch.groups.push_back(
          {.begin = i, .end = i, .length = fixed_length_ > 0 ? fixed_length_ : here}
      );
    }
    scratch.groups.back().end = i + 1;
  }
}

void ExecutorEncoder::fill(
    const Call& call, const Group& group, const Input& input, std::vector<std::byte>& buffer
) const {
  const TokenBatch& batch = call.batch;
  const auto put_rows = [&](const auto& put) {
    for (std::size_t row = 0; row < group.end - group.begin; ++row) {
      const std::size_t sequence = call.order[group.begin + row];
      const auto start = static_cast<std::size_t>(batch.starts[sequence]);
      for (std::size_t t = 0; t < length(batch, sequence); ++t) {
        std::int64_t value = 1;
        if (input.role == Role::kIds) value = batch.ids[start + t];
        if (input.role == Role::kTypeIds)
          value = batch.type_ids.empty() ? 0 : batch.type_ids[start + t];
        if (input.role == Role::kPositions) value = static_cast<std::int64_t>(t);
        put(row * group.length + t, value);
      }
    }
  };
  const std::size_t rows = fixed_rows_ > 0 ? fixed_rows_ : group.end - group.begin;
  if (input.type == TensorType::kInt64) {
    fill_rows<std::int64_t>(buffer, rows * group.length, put_rows);
  } else {
    fill_rows<std::int32_t>(buffer, rows * group.length, put_rows);
  }
}

Status ExecutorEncoder::run_group(const Call& call, const Group& group, Scratch& scratch) const {
  const std::size_t rows = fixed_rows_ > 0 ? fixed_rows_ : group.end - group.begin;
  const std::int64_t shape[] = {
      static_cast<std::int64_t>(rows), static_cast<std::int64_t>(group.length)
  };
  scratch.buffers.resize(inputs_.size());
  std::vector<TensorView> views;
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    fill(call, group, inputs_[i], scratch.buffers[i]);
    views.push_back({inputs_[i].name, inputs_[i].type, shape, scratch.buffers[i]});
  }
  scratch.outputs.resize(1);
  scratch.outputs[0].name = output_for(call.kind);
  return call.executor.run(views, scratch.outputs);
}

Status ExecutorEncoder::scatter(
    const Call& call, const Group& group, Scratch& scratch, EncoderOutput& output
) const {
  const TokenBatch& batch = call.batch;
  const OutputKind kind = call.kind;
  MARTLET_RETURN_IF_ERROR(to_floats(scratch.outputs[0], where_, scratch.values));
  const bool per_token =
      kind != OutputKind::kPooler && (kind != OutputKind::kLogits || info_.token_logits);
  const std::size_t width = output.columns;
  const std::size_t row_size = (per_token ? group.length : 1) * width;
  const std::size_t rows = fixed_rows_ > 0 ? fixed_rows_ : group.end - group.begin;
  if (scratch.values.size() != rows * row_size) {
    return error(
        StatusCode::kInvalidModel, where_, "output {}, got {} values, expected {} x {}",
        scratch.outputs[0].name, scratch.values.size(), rows, row_size
    );
  }
  for (std::size_t i = group.begin; i < group.end; ++i) {
    const std::size_t sequence = call.order[i];
    const std::size_t size = (per_token ? length(batch, sequence) : 1) * width;
    const auto from = std::span(scratch.values).subspan((i - group.begin) * row_size, size);
    const std::size_t row =
        keeps_tokens(kind) ? static_cast<std::size_t>(batch.starts[sequence]) : sequence;
    const auto to = std::span(output.values).subspan(row * width);
    if (per_token && !keeps_tokens(kind)) {
      pool(kind, from, to.first(width));
    } else {
      std::ranges::copy(from, to.begin());
    }
  }
  return {};
}

Status ExecutorEncoder::run(
    const TokenBatch& batch, const RunOptions& options, EncoderOutput& output
) {
  const OutputKind kind = options.output;
  MARTLET_RETURN_IF_ERROR(check(batch, kind));
  const auto executor = executor_for(options.threads);
  if (!executor) return executor.error();
  std::unique_ptr<Scratch> scratch = take_scratch();
  form_groups(batch, *scratch);
  EncoderOutput result;
  result.rows = keeps_tokens(kind) ? batch.ids.size() : batch.sequences();
  result.columns = columns(kind);
  std::swap(result.values, output.values);
  result.values.resize(result.rows * result.columns);
  Status status;
  const Call call{batch, kind, **executor, scratch->order};
  for (const Group& group : scratch->groups) {
    status = run_group(call, group, *scratch);
    if (status.ok()) status = scatter(call, group, *scratch, result);
    if (!status.ok()) break;
  }
  give_back(std::move(scratch));
  output = std::move(result);
  return status;
}

std::unique_ptr<ExecutorEncoder::Scratch> ExecutorEncoder::take_scratch() {
  const std::lock_guard lock(mutex_);
  if (idle_.empty()) return std::make_unique<Scratch>();
  auto scratch = std::move(idle_.back());
  idle_.pop_back();
  return scratch;
}

void ExecutorEncoder::give_back(std::unique_ptr<Scratch> scratch) {
  const std::lock_guard lock(mutex_);
  idle_.push_back(std::move(scratch));
}

}  // namespace martlet

#include "server/service/batch_runner.h"

#include <algorithm>
#include <cmath>
#include <exception>
#include <utility>

#include "core/error.h"

namespace martlet {
namespace {

OutputKind output_of(AnswerKind kind, OutputKind pooling) {
  switch (kind) {
    case AnswerKind::kLogits:
    case AnswerKind::kEntities:
      return OutputKind::kLogits;
    case AnswerKind::kTokens:
      return OutputKind::kTokens;
    case AnswerKind::kEmbedding:
      break;
  }
  return pooling;
}

bool all_finite(std::span<const float> values) {
  return std::ranges::all_of(values, [](float value) { return std::isfinite(value); });
}

}  // namespace

Status BatchRunner::run(
    std::span<const TextQuery* const> queries, std::span<TextValues> answers, bool alone
) {
  auto scratch = take_scratch();
  scratch->alone = alone;
  Status status;
  for (const AnswerKind kind :
       {AnswerKind::kLogits, AnswerKind::kEmbedding, AnswerKind::kTokens, AnswerKind::kEntities}) {
    status = run_kind(kind, queries, answers, *scratch);
    if (!status.ok()) break;
  }
  give_back(std::move(scratch));
  failures_.count(status, queries.size());
  return status;
}

Status BatchRunner::run_kind(
    AnswerKind kind, std::span<const TextQuery* const> queries, std::span<TextValues> answers,
    Scratch& scratch
) {
  scratch.chosen.clear();
  for (std::size_t i = 0; i < queries.size(); ++i) {
    if (queries[i]->kind == kind) scratch.chosen.push_back(i);
  }
  if (scratch.chosen.empty()) return {};
  pack(queries, scratch);
  try {
    MARTLET_RETURN_IF_ERROR(encoder_.run(
        {scratch.ids, scratch.type_ids, scratch.starts},
        {.output = output_of(kind, pooling_), .threads = threads_for(scratch)}, scratch.output
    ));
  } catch (const std::bad_alloc&) {
    return error(StatusCode::kResourceExhausted, "encoder", "out of memory");
  } catch (const std::exception&) {
    return error(StatusCode::kInternal, "encoder", "the engine failed");
  }
  const EncoderOutput& output = scratch.output;
  const std::size_t rows = has_token_rows(kind) ? scratch.ids.size() : scratch.chosen.size();
  if (output.rows != rows || output.values.size() != rows * output.columns) {
    return error(StatusCode::kInternal, "encoder", "rows, got {}, expected {}", output.rows, rows);
  }
  for (std::size_t i = 0; i < scratch.chosen.size(); ++i) {
    std::size_t begin = i;
    std::size_t end = i + 1;
    if (has_token_rows(kind)) {
      begin = static_cast<std::size_t>(scratch.starts[i]);
      end = static_cast<std::size_t>(scratch.starts[i + 1]);
    }
    const auto values =
        std::span(output.values).subspan(begin * output.columns, (end - begin) * output.columns);
    answers[scratch.chosen[i]] = {{values.begin(), values.end()}, all_finite(values)};
  }
  return {};
}

int BatchRunner::threads_for(const Scratch& scratch) const {
  constexpr std::size_t kTokensForAll = 256;
  const bool has_all = at_once_ == 1 || (scratch.alone && scratch.ids.size() >= kTokensForAll);
  return has_all ? 0 : 1;
}

void BatchRunner::pack(std::span<const TextQuery* const> queries, Scratch& scratch) const {
  scratch.ids.clear();
  scratch.type_ids.clear();
  scratch.starts.assign(1, 0);
  // Single texts have only type 0, which is what no type ids mean.
  const bool typed =
      encoder_.info().type_vocab_size > 0 &&
      std::ranges::any_of(scratch.chosen, [&](std::size_t i) { return queries[i]->texts->typed; });
  for (const std::size_t i : scratch.chosen) {
    const EncodedTexts& texts = *queries[i]->texts;
    const auto begin = texts.starts[queries[i]->index];
    const auto end = texts.starts[queries[i]->index + 1];
    const auto append = [&](const std::vector<int32_t>& from, std::vector<int32_t>& to) {
      to.insert(to.end(), from.begin() + begin, from.begin() + end);
    };
    append(texts.ids, scratch.ids);
    if (typed) append(texts.type_ids, scratch.type_ids);
    scratch.starts.push_back(static_cast<int32_t>(scratch.ids.size()));
  }
}

std::unique_ptr<BatchRunner::Scratch> BatchRunner::take_scratch() {
  std::unique_ptr<Scratch> scratch;
  {
    const std::lock_guard lock(mutex_);
    if (!spare_.empty()) {
      scratch = std::move(spare_.back());
      spare_.pop_back();
    }
  }
  if (!scratch) scratch = std::make_unique<Scratch>();
  if (at_once_ > 1) scratch->cpu = places_.take();
  return scratch;
}

void BatchRunner::give_back(std::unique_ptr<Scratch> scratch) {
  places_.leave(std::exchange(scratch->cpu, -1));
  const std::lock_guard lock(mutex_);
  spare_.push_back(std::move(scratch));
}

}  // namespace martlet

#include "pipelines/window.h"

#include <algorithm>
#include <utility>

#include "core/error.h"

namespace martlet {
namespace {

/// Texts that one thread tokenizes at a time.
constexpr std::size_t kChunkTexts = 64;
/// A window takes no further text once it holds so many bytes.
constexpr std::size_t kWindowBytes = std::size_t{256} << 10;

/// `status`, naming the input: "[x] what" becomes "[input 18, x] what".
Status name_input(std::size_t input, const Status& status) {
  const std::string& message = status.message();
  const bool has_where = message.starts_with('[');
  return {
      status.code(), fmt::format(
                         "[input {}{}{}", input, has_where ? ", " : "] ",
                         std::string_view(message).substr(has_where ? 1 : 0)
                     )
  };
}

}  // namespace

Status out_of_memory() { return {StatusCode::kResourceExhausted, "[stream] out of memory"}; }

bool Window::read(const TextSource& source, std::size_t first, std::size_t count) {
  first_ = first;
  texts_.clear();
  status_ = {};
  bool more = true;
  Status status;
  while (more && status.ok() && texts_.size() < count && texts_.bytes() < kWindowBytes) {
    const std::size_t before = texts_.size();
    status = source(texts_);
    more = texts_.size() > before;
  }
  valid_ = texts_.size();
  if (!status.ok()) fail(texts_.size(), status);
  if (texts_.pairs() != 0 && texts_.pairs() != texts_.size()) {
    fail(0, error(StatusCode::kInvalidArgument, "input", "got texts and pairs, expected one kind"));
  }
  chunks_.resize((valid_ + kChunkTexts - 1) / kChunkTexts);
  return more && status_.ok();
}

void Window::tokenize(std::size_t chunk) {
  const std::size_t begin = chunk * kChunkTexts;
  const std::size_t end = std::min(begin + kChunkTexts, texts_.size());
  if (encode(chunk, begin, end).ok()) return;
  for (std::size_t row = begin; row < end; ++row) {
    if (const Status alone = encode(chunk, row, row + 1); !alone.ok()) {
      fail_input(row, alone);
      if (const Status before = encode(chunk, begin, row); !before.ok()) fail_input(begin, before);
      return;
    }
  }
  // No text fails alone: what failed the chunk has passed.
  if (const Status again = encode(chunk, begin, end); !again.ok()) fail_input(begin, again);
}

Status Window::encode(std::size_t chunk, std::size_t begin, std::size_t end) {
  chunks_[chunk].starts.clear();
  return begin == end ? Status() : parts_.encode(texts_, begin, end, chunks_[chunk]);
}

void Window::form_batches(const BatchPlan& plan) {
  batches_ = {};
  sequences_.clear();
  lengths_.clear();
  truncated_.clear();
  rows_ = 0;
  for (std::size_t chunk = 0; chunk < chunks_.size(); ++chunk) {
    for (std::size_t i = 0; i < chunks_[chunk].sequences(); ++i) add_sequence(chunk, i);
  }
  const EncoderInfo& info = parts_.encoder->info();
  columns_ = static_cast<std::size_t>(
      parts_.output == OutputKind::kLogits ? info.labels : info.hidden_size
  );
  values_.resize(rows_ * columns_);
  batches_ = martlet::form_batches(lengths_, plan);
}

void Window::add_sequence(std::size_t chunk, std::size_t index) {
  const Encodings& encodings = chunks_[chunk];
  const std::size_t text = chunk * kChunkTexts + static_cast<std::size_t>(encodings.text_of[index]);
  if (text >= valid_) return;
  const int32_t length = encodings.starts[index + 1] - encodings.starts[index];
  if (text == truncated_.size()) truncated_.push_back(encodings.truncated[index]);
  sequences_.push_back({text, &encodings, index, rows_});
  lengths_.push_back(length);
  rows_ += parts_.has_token_rows() ? static_cast<std::size_t>(length) : 1;
}

void Window::compute(std::size_t batch, int threads, BatchScratch& scratch) {
  const std::span<const int32_t> sequences = batches_[batch];
  const Status together = run(sequences, threads, scratch);
  if (together.ok()) return;
  std::vector<int32_t> in_order(sequences.begin(), sequences.end());
  std::ranges::sort(in_order);
  for (const int32_t& sequence : in_order) {
    if (const Status alone = run({&sequence, 1}, threads, scratch); !alone.ok())
      return fail_input(sequences_[static_cast<std::size_t>(sequence)].text, alone);
  }
}

Status Window::run(std::span<const int32_t> sequences, int threads, BatchScratch& scratch) {
  scratch.ids.clear();
  scratch.type_ids.clear();
  scratch.starts.assign(1, 0);
  for (const int32_t sequence : sequences) append(static_cast<std::size_t>(sequence), scratch);
  const TokenBatch tokens{scratch.ids, scratch.type_ids, scratch.starts};
  const RunOptions options{.output = parts_.output, .threads = threads};
  MARTLET_RETURN_IF_ERROR(parts_.encoder->run(tokens, options, scratch.output));
  const std::span<const float> values = scratch.output.values;
  std::size_t row = 0;
  for (const int32_t sequence : sequences) {
    const auto index = static_cast<std::size_t>(sequence);
    const std::size_t rows =
        parts_.has_token_rows() ? static_cast<std::size_t>(lengths_[index]) : 1;
    const auto to = static_cast<std::ptrdiff_t>(sequences_[index].first_row * columns_);
    std::ranges::copy(values.subspan(row * columns_, rows * columns_), values_.begin() + to);
    row += rows;
  }
  return {};
}

void Window::append(std::size_t sequence, BatchScratch& scratch) const {
  const auto& [text, encodings, index, row] = sequences_[sequence];
  const auto begin = encodings->starts[index];
  const auto end = encodings->starts[index + 1];
  const auto copy = [&](const std::vector<int32_t>& from, std::vector<int32_t>& to) {
    to.insert(to.end(), from.begin() + begin, from.begin() + end);
  };
  copy(encodings->ids, scratch.ids);
  // Single texts have only type 0, which is what no type ids mean.
  const bool typed = texts_.pairs() > 0 && parts_.encoder->info().type_vocab_size > 0;
  if (typed) copy(encodings->type_ids, scratch.type_ids);
  scratch.starts.push_back(static_cast<int32_t>(scratch.ids.size()));
}

RowBlock Window::rows() const noexcept {
  const auto failed = std::ranges::partition_point(sequences_, [this](const SequenceRows& s) {
    return s.text < valid_;
  });
  const std::size_t rows = failed == sequences_.end() ? rows_ : failed->first_row;
  return {
      .values = std::span(values_).first(rows * columns_),
      .columns = columns_,
      .truncated = std::span(truncated_).first(valid_),
      .texts = &texts_,
      .sequences = {sequences_.begin(), failed},
  };
}

void Window::fail(std::size_t text, Status status) {
  const std::lock_guard lock(mutex_);
  if (!status_.ok() && text >= valid_) return;  // an earlier input has failed already
  valid_ = std::min(valid_, text);
  status_ = std::move(status);
}

void Window::fail_input(std::size_t text, const Status& status) {
  fail(text, name_input((first_ + text) / parts_.texts_of_input + 1, status));
}

}  // namespace martlet

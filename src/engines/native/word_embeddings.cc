#include "engines/native/word_embeddings.h"

#include <algorithm>
#include <cmath>
#include <exception>
#include <span>
#include <utility>

namespace martlet {
namespace {

constexpr float kLargestHalf = 65504;

bool fit_halves(std::span<const float> values) {
  return std::ranges::all_of(values, [](float x) { return std::abs(x) <= kLargestHalf; });
}

}  // namespace

void WordEmbeddings::use_halves(const EmbedKernels& kernels) {
  table_ = std::make_unique<Table>();
  table_->halves = AlignedBuffer((floats_.values().size() + 1) / 2);
  if (!floats_.is_view() && fill(kernels, {})) floats_ = {};
}

void WordEmbeddings::embed(EmbedRows rows, const EmbedKernels& kernels) const noexcept {
  rows.words = floats_.values().data();
  if (table_ == nullptr) return kernels.f32(rows);
  if (const std::uint16_t* halves = table_->ready.load(std::memory_order_acquire)) {
    rows.words = halves;
    return kernels.f16(rows);
  }
  const std::size_t count = std::exchange(rows.rows, 1);
  for (std::size_t row = 0; row < count; ++row) {
    const auto word = static_cast<std::size_t>(*rows.ids) * rows.n;
    const bool fits = fit_halves(floats_.values().subspan(word, rows.n));
    fits ? kernels.f32_as_f16(rows) : kernels.f32(rows);
    ++rows.ids;
    if (rows.positions != nullptr) rows.positions += rows.n;
    if (rows.type_ids != nullptr) ++rows.type_ids;
    rows.out += rows.stride;
  }
}

void WordEmbeddings::make_table(const EmbedKernels& kernels, std::function<void()> made)
    const noexcept {
  if (table_ == nullptr || floats_.values().empty()) return;
  std::call_once(table_->begun, [&] {
    try {
      table_->maker =
          std::jthread([this, &kernels, made = std::move(made)](const std::stop_token& stop) {
            if (fill(kernels, stop)) made();
          });
    } catch (const std::exception&) {  // no thread or memory to be had: the floats serve as well
    }
  });
}

/// Whether all values fit, and the table is read from now on.
bool WordEmbeddings::fill(const EmbedKernels& kernels, const std::stop_token& stop) const noexcept {
  constexpr std::size_t kBlock = 1 << 16;
  const std::span<const float> from = floats_.values();
  auto* halves = reinterpret_cast<std::uint16_t*>(table_->halves.data());
  for (std::size_t at = 0; at < from.size(); at += kBlock) {
    const auto block = from.subspan(at, std::min(kBlock, from.size() - at));
    if (stop.stop_requested() || !fit_halves(block)) return false;
    kernels.to_f16(block.data(), block.size(), halves + at);
  }
  table_->ready.store(halves, std::memory_order_release);
  return true;
}

}  // namespace martlet

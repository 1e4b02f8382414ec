#include "tokenizers/encode_parallel.h"

#include <algorithm>
#include <atomic>
#include <limits>
#include <vector>

#include "core/error.h"

namespace martlet {
namespace {

/// Bytes of text that are worth a trip to another thread, about 50 us of work.
constexpr std::size_t kChunkBytes = std::size_t{1} << 15;

/// Texts [begin, end), and what they become.
struct Chunk {
  std::size_t begin = 0;
  std::size_t end = 0;
  Encodings encodings;
  Status status;
  std::size_t first_token = 0;     // in the whole result
  std::size_t first_sequence = 0;  // in the whole result
};

std::vector<Chunk> make_chunks(std::span<const std::string_view> texts) {
  std::vector<Chunk> chunks;
  std::size_t bytes = kChunkBytes;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (bytes >= kChunkBytes) {
      chunks.emplace_back().begin = i;
      bytes = 0;
    }
    chunks.back().end = i + 1;
    bytes += texts[i].size() + 1;
  }
  return chunks;
}

/// Gives every chunk its place in `out`, which gets its final size.
Status allocate(std::vector<Chunk>& chunks, bool offsets, Encodings& out) {
  std::size_t tokens = 0;
  std::size_t sequences = 0;
  for (Chunk& chunk : chunks) {
    if (!chunk.status.ok()) return chunk.status;
    chunk.first_token = tokens;
    chunk.first_sequence = sequences;
    tokens += chunk.encodings.ids.size();
    sequences += chunk.encodings.sequences();
  }
  constexpr std::size_t kMaxTokens = std::numeric_limits<int32_t>::max();
  if (tokens > kMaxTokens) {
    return error(
        StatusCode::kResourceExhausted, "tokenizer",
        "tokens of one call, got {}, expected at most {}: pass fewer texts", tokens, kMaxTokens
    );
  }
  out.ids.resize(tokens);
  out.type_ids.resize(tokens);
  out.starts.resize(sequences + 1);
  out.text_of.resize(sequences);
  out.truncated.resize(sequences);
  out.char_offsets.resize(offsets ? tokens : 0);
  out.byte_offsets.resize(offsets ? tokens : 0);
  out.special.resize(offsets ? tokens : 0);
  return {};
}

template <class T>
void copy_to(const std::vector<T>& from, std::vector<T>& to, std::size_t place) {
  if (from.empty()) return;
  std::copy(from.begin(), from.end(), to.begin() + std::ptrdiff_t(place));
}

void place(const Chunk& chunk, Encodings& out) {
  const Encodings& from = chunk.encodings;
  copy_to(from.ids, out.ids, chunk.first_token);
  copy_to(from.type_ids, out.type_ids, chunk.first_token);
  copy_to(from.char_offsets, out.char_offsets, chunk.first_token);
  copy_to(from.byte_offsets, out.byte_offsets, chunk.first_token);
  copy_to(from.special, out.special, chunk.first_token);
  copy_to(from.truncated, out.truncated, chunk.first_sequence);
  for (std::size_t i = 0; i < from.sequences(); ++i) {
    out.starts[chunk.first_sequence + i + 1] = int32_t(chunk.first_token) + from.starts[i + 1];
    out.text_of[chunk.first_sequence + i] = int32_t(chunk.begin) + from.text_of[i];
  }
}

/// Calls work(chunk) for every chunk, on all ranks.
template <class Work>
void for_each_chunk(ThreadPool& pool, std::vector<Chunk>& chunks, Work work) {
  std::atomic<std::size_t> next = 0;
  pool.run([&](Team&) {
    for (std::size_t i = next++; i < chunks.size(); i = next++) work(chunks[i]);
  });
}

}  // namespace

Status encode_parallel(
    const Tokenizer& tokenizer, std::span<const std::string_view> texts,
    const EncodeOptions& options, ThreadPool& pool, Encodings& out
) {
  std::vector<Chunk> chunks = make_chunks(texts);
  if (chunks.size() < 2 || pool.size() == 1) return tokenizer.encode(texts, options, out);
  for_each_chunk(pool, chunks, [&](Chunk& chunk) {
    const auto part = texts.subspan(chunk.begin, chunk.end - chunk.begin);
    chunk.status = tokenizer.encode(part, options, chunk.encodings);
  });
  out.clear();
  MARTLET_RETURN_IF_ERROR(allocate(chunks, options.offsets, out));
  for_each_chunk(pool, chunks, [&](const Chunk& chunk) { place(chunk, out); });
  return {};
}

}  // namespace martlet

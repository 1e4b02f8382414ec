#include "engines/batch_check.h"

#include <algorithm>
#include <utility>

#include "core/error.h"

namespace martlet {
namespace {

Status check_shape(const TokenBatch& batch, std::string_view where) {
  const bool consistent =
      batch.sequences() == 0
          ? batch.ids.empty()
          : batch.starts.front() == 0 && std::cmp_equal(batch.starts.back(), batch.ids.size());
  if (consistent && (batch.type_ids.empty() || batch.type_ids.size() == batch.ids.size()))
    return {};
  return error(
      StatusCode::kInvalidArgument, where, "batch, got starts, ids and type ids that disagree"
  );
}

Status check_lengths(const TokenBatch& batch, std::int32_t longest, std::string_view where) {
  for (std::size_t i = 0; i < batch.sequences(); ++i) {
    const std::int64_t length = std::int64_t{batch.starts[i + 1]} - batch.starts[i];
    if (length >= 1 && length <= longest) continue;
    return error(
        StatusCode::kInvalidArgument, where, "sequence {}, got {} tokens, expected 1 to {}", i,
        length, longest
    );
  }
  return {};
}

Status check_ids(
    std::span<const std::int32_t> ids, std::int32_t limit, std::string_view what,
    std::string_view where
) {
  const auto bad =
      std::ranges::find_if(ids, [&](std::int32_t id) { return id < 0 || id >= limit; });
  if (bad == ids.end()) return {};
  return error(
      StatusCode::kInvalidArgument, where, "{}, got {}, expected 0 to {}", what, *bad, limit - 1
  );
}

}  // namespace

Status check_batch(const TokenBatch& batch, const EncoderInfo& info, std::string_view where) {
  MARTLET_RETURN_IF_ERROR(check_shape(batch, where));
  MARTLET_RETURN_IF_ERROR(check_lengths(batch, info.max_length, where));
  MARTLET_RETURN_IF_ERROR(check_ids(batch.ids, info.vocab_size, "token id", where));
  if (info.type_vocab_size == 0) return {};  // ids of types are then ignored
  return check_ids(batch.type_ids, info.type_vocab_size, "type id", where);
}

}  // namespace martlet

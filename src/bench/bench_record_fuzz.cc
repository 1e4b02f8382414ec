// Any text is a record of a benchmark whose ratios make sense, or a typed error of one line.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "bench/record_diff.h"

namespace {

bool is_sound(const martlet::BenchRecord& record) {
  for (const martlet::BenchRow& row : record.rows)
    if (row.ratio && !row.ratio->holds(row.ratio->middle)) return false;
  const auto same = martlet::diff_records(record, record, {});
  return same.has_value() && same->size() == record.rows.size();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto record = martlet::parse_bench_record(text, "fuzz");
  if (record ? !is_sound(*record) : record.status().message().find('\n') != std::string::npos)
    std::abort();
  return 0;
}

#include "rows/fuzz_row_parser.h"

namespace {

constexpr std::size_t kMaxRowBytes = 512;  // small, so that the limit is met

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace martlet;
  for (const char separator : {',', '\t'}) {
    fuzz_row_parser(data, size, [separator] {
      return make_csv_parser({.where = "fuzz", .max_row_bytes = kMaxRowBytes}, separator);
    });
  }
  fuzz_row_parser(data, size, [] {
    return make_csv_parser({.where = "fuzz", .columns = {.text = "a", .pair = "b"}}, ',');
  });
  return 0;
}

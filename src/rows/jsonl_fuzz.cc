#include "rows/fuzz_row_parser.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace martlet;
  fuzz_row_parser(data, size, [] {
    return make_jsonl_parser({.where = "fuzz", .max_row_bytes = 512});
  });
  fuzz_row_parser(data, size, [] {
    return make_jsonl_parser({.where = "fuzz", .columns = {.text = "a", .pair = "b", .label = "c"}}
    );
  });
  return 0;
}

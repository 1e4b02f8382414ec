// merge_driver MODEL ADAPTER OUT [LABEL...]: martlet::merge_adapter for merge_parity.py.
#include <cstdio>

#include "formats/merge.h"

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  const martlet::MergeOptions options{.labels = {argv + 4, argv + argc}};
  const martlet::Status status = martlet::merge_adapter(argv[1], argv[2], argv[3], options);
  if (status.ok()) return 0;
  std::fprintf(stderr, "%s\n", status.message().c_str());
  return 1;
}

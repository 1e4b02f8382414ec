// Speed of the tokenizer, on one thread but for `parallel`. MARTLET_BENCH_TOKENIZER names a model
// directory and MARTLET_BENCH_TEXTS a file with one text per line; bench/tokenizers.py sets both.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include "martlet/tokenizer.h"
#include "tokenizers/encode_parallel.h"

namespace {

using martlet::EncodeOptions;
using martlet::Encodings;
using martlet::Tokenizer;

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::vector<std::string> read_lines(const std::string& path) {
  std::vector<std::string> lines;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

void load(benchmark::State& state, const std::string& path) {
  for (auto _ : state) {
    auto tokenizer = Tokenizer::load(path);
    benchmark::DoNotOptimize(tokenizer);
  }
}

void encode(
    benchmark::State& state, const Tokenizer& tokenizer, const std::vector<std::string>& lines,
    const EncodeOptions& options
) {
  const std::vector<std::string_view> texts(lines.begin(), lines.end());
  Encodings out;
  for (auto _ : state) {
    if (!tokenizer.encode(texts, options, out).ok()) state.SkipWithError("encode failed");
  }
  state.SetItemsProcessed(state.iterations() * int64_t(texts.size()));
}

void encode_one_by_one(
    benchmark::State& state, const Tokenizer& tokenizer, const std::vector<std::string>& lines
) {
  Encodings out;
  for (auto _ : state) {
    for (const std::string& line : lines) {
      const std::string_view text = line;
      if (!tokenizer.encode({&text, 1}, {}, out).ok()) state.SkipWithError("encode failed");
    }
  }
  state.SetItemsProcessed(state.iterations() * int64_t(lines.size()));
}

void encode_on_all_threads(
    benchmark::State& state, const Tokenizer& tokenizer, const std::vector<std::string>& lines
) {
  const std::vector<std::string_view> texts(lines.begin(), lines.end());
  martlet::ThreadPool pool;
  Encodings out;
  for (auto _ : state) {
    if (!encode_parallel(tokenizer, texts, {}, pool, out).ok()) state.SkipWithError("failed");
  }
  state.SetItemsProcessed(state.iterations() * int64_t(texts.size()));
}

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  const std::string path = variable("MARTLET_BENCH_TOKENIZER");
  const auto tokenizer = Tokenizer::load(path);
  const std::vector<std::string> lines = read_lines(variable("MARTLET_BENCH_TEXTS"));
  if (!tokenizer || lines.empty()) {
    std::cerr
        << "MARTLET_BENCH_TOKENIZER and MARTLET_BENCH_TEXTS must name a model directory and a "
           "file of texts\n";
    return 2;
  }
  const auto unit = benchmark::kMillisecond;
  benchmark::RegisterBenchmark("load", load, path)->Unit(unit);
  benchmark::RegisterBenchmark("ids", [&](benchmark::State& state) {
    encode(state, *tokenizer, lines, {});
  })->Unit(unit);
  benchmark::RegisterBenchmark("one_by_one", [&](benchmark::State& state) {
    encode_one_by_one(state, *tokenizer, lines);
  })->Unit(unit);
  benchmark::RegisterBenchmark("offsets", [&](benchmark::State& state) {
    encode(state, *tokenizer, lines, {.offsets = true});
  })->Unit(unit);
  benchmark::RegisterBenchmark(
      "parallel", [&](benchmark::State& state) { encode_on_all_threads(state, *tokenizer, lines); }
  )
      ->Unit(unit)
      ->UseRealTime();
  benchmark::RunSpecifiedBenchmarks();
}

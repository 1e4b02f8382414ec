// What a pipeline costs beside its engine: reading, tokenizing, batching, scoring and restoring the
// order, over an encoder that does next to nothing.
#include "martlet/text_classification.h"

#include <benchmark/benchmark.h>

#include "pipelines/fake_encoder.h"
#include "pipelines/pipeline_testing.h"

namespace martlet {
namespace {

void classify_without_engine(benchmark::State& state, BatchPlan::Order order) {
  const auto pipeline = TextClassificationPipeline::make(
      golden_tokenizer(), std::make_unique<FakeEncoder>(), {{"NEGATIVE", "POSITIVE"}, ""}
  );
  const auto texts = random_texts(20000);
  const auto views = views_of(texts);
  for (auto _ : state)
    benchmark::DoNotOptimize(pipeline->run(views, {.order = order, .threads = 2}));
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(texts.size()));
}

BENCHMARK_CAPTURE(classify_without_engine, serial, BatchPlan::Order::kSerial)->UseRealTime();
BENCHMARK_CAPTURE(classify_without_engine, parallel, BatchPlan::Order::kParallel)->UseRealTime();
BENCHMARK_CAPTURE(classify_without_engine, grouped, BatchPlan::Order::kGrouped)->UseRealTime();

}  // namespace
}  // namespace martlet

BENCHMARK_MAIN();

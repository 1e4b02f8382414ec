#include "server/service/scheduled_model.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "martlet/embedding.h"
#include "martlet/text_classification.h"
#include "martlet/token_classification.h"
#include "server/service/service_testing.h"

namespace martlet {
namespace {

using std::chrono::steady_clock;

TEST(ScheduledModelTest, AnswersAsThePipelineDoes) {
  const auto model = serve(load_golden("bert-odd"));
  const auto pipeline = TextClassificationPipeline::load(served_golden("bert-odd"));
  ASSERT_TRUE(pipeline);
  const std::vector<std::string_view> texts{"good film", "a very dull story", ""};
  const auto expected = pipeline->run(texts);
  const auto got = ask(*model, inputs_of({"good film", "a very dull story", ""}));
  ASSERT_TRUE(got.answers) << got.answers.error().message();
  for (std::size_t i = 0; i < texts.size(); ++i)
    EXPECT_EQ((*got.answers)[i].values, (*expected)[i].logits);
  EXPECT_GT(got.facts.tokens, 6);
  EXPECT_EQ(got.facts.batch_texts, 3);
}

TEST(ScheduledModelTest, EmbedsAsThePipelineDoes) {
  const auto model = serve(load_golden("bert-pooler-sharded"));
  EXPECT_EQ(model->info().task, ModelTask::kEmbedding);
  for (const bool normalize : {false, true}) {
    const auto pipeline = EmbeddingPipeline::load(
        served_golden("bert-pooler-sharded"), {.encoder = {}, .pooling = {}, .normalize = normalize}
    );
    ASSERT_TRUE(pipeline);
    const auto got = ask(*model, inputs_of({"good film"}), {.normalize = normalize});
    ASSERT_TRUE(got.answers);
    EXPECT_EQ(got.answers->front().values, *pipeline->run("good film"));
  }
}

TEST(ScheduledModelTest, FindsEntitiesAsThePipelineDoes) {
  const auto model = serve(load_golden("ner"));
  EXPECT_EQ(model->info().task, ModelTask::kTokenClassification);
  for (const auto aggregation : {Aggregation::kNone, Aggregation::kSimple, Aggregation::kAverage}) {
    const EntityOptions entities{.aggregation = aggregation, .ignore_labels = {"MISC"}};
    TokenClassificationOptions options;
    options.entities = entities;
    const auto pipeline = TokenClassificationPipeline::load(served_golden("ner"), options);
    ASSERT_TRUE(pipeline);
    const std::vector<std::string_view> texts{"Ada met O'Neill in Zürich 🙂", "", "slowest film"};
    const auto expected = pipeline->run(texts);
    RequestOptions how;
    how.entities = entities;
    const auto got =
        ask(*model, inputs_of({"Ada met O'Neill in Zürich 🙂", "", "slowest film"}), how);
    ASSERT_TRUE(got.answers) << got.answers.error().message();
    EXPECT_FALSE((*expected)[0].entities.empty());
    for (std::size_t i = 0; i < texts.size(); ++i) {
      const auto& found = (*got.answers)[i].entities;
      ASSERT_EQ(found.size(), (*expected)[i].entities.size());
      for (std::size_t e = 0; e < found.size(); ++e) {
        EXPECT_EQ(found[e].label, (*expected)[i].entities[e].label);
        EXPECT_EQ(found[e].word, (*expected)[i].entities[e].word);
        EXPECT_EQ(found[e].score, (*expected)[i].entities[e].score);
        EXPECT_EQ(found[e].characters, (*expected)[i].entities[e].characters);
      }
    }
  }
}

TEST(ScheduledModelTest, ATokenClassifierTakesSingleTexts) {
  const auto model = serve(load_golden("ner"));
  const auto refused = [&](TextInput input, const RequestOptions& options = {}) {
    std::vector<TextInput> inputs;
    inputs.push_back(std::move(input));
    const auto got = ask(*model, std::move(inputs), options);
    return got.answers ? StatusCode::kOk : got.answers.error().code();
  };
  EXPECT_EQ(refused({.text = "old film"}), StatusCode::kOk);
  EXPECT_EQ(refused({.text = "old", .pair = "film"}), StatusCode::kUnsupported);
  EXPECT_EQ(refused({.text = "", .ids = {2, 7, 3}}), StatusCode::kUnsupported);
  EXPECT_EQ(refused({.text = "old"}, {.side = TruncationSide::kLeft}), StatusCode::kUnsupported);
  EXPECT_EQ(refused({.text = "old"}, {.kind = AnswerKind::kLogits}), StatusCode::kUnsupported);
  EXPECT_EQ(refused({.text = "old"}, {.kind = AnswerKind::kTokens}), StatusCode::kUnsupported);
}

TEST(ScheduledModelTest, ShortensEmbeddings) {
  const auto model = serve(load_golden("bert-pooler-sharded"));
  const auto got = ask(*model, inputs_of({"good"}), {.normalize = true, .dimensions = 4});
  ASSERT_TRUE(got.answers);
  double square = 0;
  for (const double value : got.answers->front().values) square += value * value;
  EXPECT_EQ(got.answers->front().values.size(), 4U);
  EXPECT_NEAR(square, 1, 1e-6);
  EXPECT_TRUE(ask(*model, inputs_of({"good"}), {.dimensions = 40}).answers);
  for (const int32_t dimensions : {-1, 41}) {
    EXPECT_EQ(
        ask(*model, inputs_of({"good"}), {.dimensions = dimensions}).answers.error().code(),
        StatusCode::kInvalidInput
    );
  }
}

TEST(ScheduledModelTest, TheTaskDecidesWhatItAnswers) {
  EXPECT_EQ(load_golden("bert-gelu-new").info.task, ModelTask::kRerank);
  const auto classifier = serve(load_golden("bert-odd"));
  EXPECT_EQ(
      ask(*classifier, inputs_of({"a"}), {.kind = AnswerKind::kEmbedding}).answers.error().code(),
      StatusCode::kUnsupported
  );
  const auto embedder = serve(load_golden("bert-pooler-sharded"));
  EXPECT_EQ(
      ask(*embedder, inputs_of({"a"}), {.kind = AnswerKind::kLogits}).answers.error().code(),
      StatusCode::kUnsupported
  );
}

TEST(ScheduledModelTest, LimitsAreExact) {
  ServingOptions options;
  options.max_inputs = 3;
  options.max_request_tokens = 9;
  const auto model = serve(load_golden("bert-odd"), options);
  EXPECT_TRUE(ask(*model, inputs_of({"a", "a"})).answers);
  EXPECT_TRUE(ask(*model, inputs_of({"a", "a", "a"})).answers);
  EXPECT_EQ(
      ask(*model, inputs_of({"a", "a", "a", "a"})).answers.error().code(), StatusCode::kInvalidInput
  );
  EXPECT_EQ(
      ask(*model, inputs_of({"a", "a", "a good"})).answers.error().code(), StatusCode::kInvalidInput
  );
  EXPECT_EQ(ask(*model, {}).answers.error().code(), StatusCode::kInvalidInput);
}

TEST(ScheduledModelTest, RefusesWithATimeToTryAgain) {
  LoadedModel loaded = load_golden("bert-odd");
  FaultyEncoder& faulty = make_faulty(loaded);
  faulty.held = true;
  ServingOptions options;
  options.queue_texts = 8;
  options.workers = 1;
  const auto model = serve(std::move(loaded), options);
  std::atomic<int> done{0};
  std::atomic<int> refused{0};
  for (int i = 0; i < 40; ++i) {
    while (i == 1 && faulty.entered == 0) std::this_thread::yield();  // the first one runs alone
    model->submit(
        inputs_of({"good"}), {},
        [&](const Result<std::vector<TextAnswer>>& answers, const RequestFacts& facts) {
          ++done;
          if (answers) return;
          EXPECT_EQ(answers.error().code(), StatusCode::kResourceExhausted);
          EXPECT_TRUE(facts.retry_after && facts.retry_after->count() > 0);
          ++refused;
        }
    );
  }
  faulty.held = false;
  model->drain(steady_clock::now() + std::chrono::minutes(2));
  EXPECT_EQ(done, 40);
  EXPECT_GT(refused, 20);
  EXPECT_LT(refused, 40);
}

TEST(ScheduledModelTest, ADeadlineEndsWaiting) {
  LoadedModel loaded = load_golden("bert-odd");
  FaultyEncoder& faulty = make_faulty(loaded);
  faulty.held = true;
  ServingOptions options;
  options.workers = 1;
  const auto model = serve(std::move(loaded), options);
  model->submit(inputs_of({"first"}), {}, [](const auto&, const RequestFacts&) {});
  while (faulty.entered == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  RequestOptions soon;
  soon.deadline = steady_clock::now() + std::chrono::milliseconds(20);
  std::thread release([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    faulty.held = false;
  });
  const auto late = ask(*model, inputs_of({"second"}), soon);
  release.join();
  ASSERT_FALSE(late.answers);
  EXPECT_EQ(late.answers.error().code(), StatusCode::kDeadlineExceeded);
}

TEST(ScheduledModelTest, CancelledRequestsAreAnsweredOnce) {
  LoadedModel loaded = load_golden("bert-odd");
  FaultyEncoder& faulty = make_faulty(loaded);
  faulty.held = true;
  const auto model = serve(std::move(loaded));
  std::atomic<int> cancelled{0};
  std::atomic<int> answered{0};
  std::vector<RequestHandlePtr> handles;
  for (int i = 0; i < 20; ++i) {
    handles.push_back(model->submit(
        inputs_of({"good", "film"}), {},
        [&](const Result<std::vector<TextAnswer>>& answers, const RequestFacts&) {
          if (answers) ++answered;
          if (!answers && answers.error().code() == StatusCode::kCancelled) ++cancelled;
        }
    ));
  }
  for (std::size_t i = 0; i < handles.size(); i += 2) {
    if (handles[i] != nullptr) handles[i]->cancel();
  }
  faulty.held = false;
  model->drain(steady_clock::now() + std::chrono::minutes(2));
  EXPECT_EQ(cancelled, 10);
  EXPECT_EQ(answered, 10);
  for (const auto& handle : handles) handle->cancel();  // late cancels do no harm
}

TEST(ScheduledModelTest, DrainAnswersWhatWasAcceptedAndRefusesTheRest) {
  const auto model = serve(load_golden("bert-odd"));
  std::atomic<int> answered{0};
  for (int i = 0; i < 100; ++i) {
    model->submit(
        inputs_of({"good film"}), {},
        [&](const Result<std::vector<TextAnswer>>& answers, const RequestFacts&) {
          if (answers) ++answered;
        }
    );
  }
  model->drain(steady_clock::now() + std::chrono::minutes(2));
  EXPECT_EQ(answered, 100);
  EXPECT_EQ(ask(*model, inputs_of({"late"})).answers.error().code(), StatusCode::kUnavailable);
}

TEST(ScheduledModelTest, ASickModelSaysSoAndRecovers) {
  LoadedModel loaded = load_golden("bert-odd");
  FaultyEncoder& faulty = make_faulty(loaded);
  const auto model = serve(std::move(loaded));
  EXPECT_TRUE(model->healthy());
  faulty.fails = true;
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(ask(*model, inputs_of({"good"})).answers);
  EXPECT_FALSE(model->healthy());
  faulty.fails = false;
  const auto give_up = steady_clock::now() + std::chrono::minutes(2);
  while (!model->healthy() && steady_clock::now() < give_up)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  EXPECT_TRUE(model->healthy());
}

TEST(ScheduledModelTest, ValuesThatAreNotFiniteAreAFailure) {
  LoadedModel loaded = load_golden("bert-odd");
  FaultyEncoder& faulty = make_faulty(loaded);
  const auto model = serve(std::move(loaded));
  faulty.gives_nan = true;
  EXPECT_EQ(ask(*model, inputs_of({"a"})).answers.error().code(), StatusCode::kInternal);
}

TEST(ScheduledModelTest, CountsWhatItDid) {
  const auto model = serve(load_golden("bert-gelu-new"));  // 16 positions
  ASSERT_TRUE(ask(*model, inputs_of({"good", "a b c d e f g h i j k l m n o p q r s t"})).answers);
  EXPECT_FALSE(ask(*model, {}).answers);
  const ModelStatistics statistics = model->statistics();
  EXPECT_EQ(statistics.success.count, 1U);
  EXPECT_EQ(statistics.failure.count, 1U);
  EXPECT_EQ(statistics.failures.at("invalid_input"), 1U);
  EXPECT_EQ(statistics.texts, 2U);
  EXPECT_EQ(statistics.truncated_texts, 1U);
  EXPECT_EQ(statistics.batches, statistics.batch_texts.count());
  EXPECT_GT(statistics.last_inference_ms, 0);
  EXPECT_EQ(statistics.pending_requests, 0);
}

TEST(ScheduledModelTest, ManyThreadsGetTheirOwnAnswers) {
  ServingOptions options;
  options.coalesce = true;
  const auto model = serve(load_golden("bert-odd"), options);
  const std::vector<std::string_view> words{"good", "bad", "film", "story", "very dull"};
  std::vector<std::vector<float>> expected;
  for (const std::string_view word : words)
    expected.push_back(ask(*model, inputs_of({word})).answers->front().values);
  std::vector<std::thread> threads;
  std::atomic<int> wrong{0};
  for (std::size_t t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (std::size_t i = 0; i < 100; ++i) {
        const std::size_t word = (t + i) % words.size();
        const auto got = ask(*model, inputs_of({words[word]}));
        if (!got.answers || got.answers->front().values != expected[word]) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace martlet

// Batches in each of which one request makes the encoder fail: it fails alone, and its neighbours'
// answers are those they have alone, to the bit. MARTLET_TEST_ALL=1: 100,000 batches.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <random>
#include <semaphore>

#include "server/service/echo_testing.h"

namespace martlet {
namespace {

constexpr std::size_t kTexts = 8;          // of a batch
constexpr std::ptrdiff_t kInFlight = 256;  // requests: always more than a batch
constexpr int32_t kPoison = 7;             // a token

/// Behaves as the encoder inside, but fails on a batch that has kPoison.
class PoisonedEncoder final : public Encoder {
 public:
  explicit PoisonedEncoder(std::unique_ptr<Encoder> inside) : inside_(std::move(inside)) {}

  [[nodiscard]] const EncoderInfo& info() const noexcept override { return inside_->info(); }

  Status run(const TokenBatch& batch, const RunOptions& options, EncoderOutput& output) override {
    if (std::ranges::find(batch.ids, kPoison) == batch.ids.end())
      return inside_->run(batch, options, output);
    full_batches += batch.sequences() == kTexts ? 1 : 0;
    return {StatusCode::kInternal, "[poisoned] a fault of this test"};
  }

  std::atomic<std::size_t> full_batches{0};  // whole batches that have failed

 private:
  std::unique_ptr<Encoder> inside_;
};

std::vector<TextInput> request_of(std::vector<int32_t> ids) {
  TextInput input;
  input.ids = std::move(ids);
  return {std::move(input)};
}

TEST(PoisonedBatches, NoNeighbourFailsAndNoBitOfItsAnswerChanges) {
  LoadedModel loaded = load_golden("bert-odd");
  auto poisoned = std::make_unique<PoisonedEncoder>(std::move(loaded.encoder));
  PoisonedEncoder& encoder = *poisoned;
  loaded.encoder = std::move(poisoned);
  ServingOptions options;
  options.batch_texts = kTexts;
  options.max_queue_time = {};
  options.failures_until_sick = 1'000'000;  // so many at once may look like a sick model
  const auto model = serve(std::move(loaded), options);

  std::vector<std::vector<int32_t>> texts;
  std::vector<std::vector<float>> alone;
  for (int32_t length = 2; length < 10; ++length) {
    std::vector<int32_t> ids(static_cast<std::size_t>(length));
    for (int32_t i = 0; i < length; ++i)
      ids[static_cast<std::size_t>(i)] = 8 + (length * 5 + i) % 20;
    texts.push_back(ids);
    alone.push_back(ask(*model, request_of(std::move(ids))).answers->front().values);
  }

  const std::size_t wanted = requests_to_send(2'000, 100'000);
  const std::size_t most_rounds = 10 * wanted;
  std::mt19937 random(1);
  std::counting_semaphore<kInFlight> room(kInFlight);
  std::atomic<std::size_t> wrong{0};
  std::size_t rounds = 0;
  for (; encoder.full_batches < wanted && rounds < most_rounds; ++rounds) {
    const std::size_t culprit = random() % kTexts;
    for (std::size_t i = 0; i < kTexts; ++i) {
      const std::size_t text = random() % texts.size();
      std::vector<int32_t> ids = texts[text];
      const bool fails = i == culprit;
      if (fails) ids.back() = kPoison;
      room.acquire();
      model->submit(
          request_of(std::move(ids)), {},
          [&, text, fails](Result<std::vector<TextAnswer>>&& answers, const RequestFacts&) {
            const bool right = fails ? !answers && answers.error().code() == StatusCode::kInternal
                                     : answers && answers->front().values == alone[text];
            wrong += right ? 0 : 1;
            room.release();
          }
      );
    }
  }
  for (std::ptrdiff_t i = 0; i < kInFlight; ++i) room.acquire();
  EXPECT_EQ(wrong, 0U);
  EXPECT_GE(encoder.full_batches, wanted) << "in " << rounds << " rounds";
  const ModelStatistics statistics = model->statistics();
  EXPECT_EQ(statistics.failure.count, rounds);
  EXPECT_EQ(statistics.success.count, rounds * (kTexts - 1) + texts.size());
}

}  // namespace
}  // namespace martlet

#include "pipelines/stream_runner.h"

#include <gtest/gtest.h>

#include <chrono>
#include <random>
#include <string>
#include <thread>

#include "pipelines/fake_encoder.h"

namespace martlet {
namespace {

using Order = BatchPlan::Order;

std::vector<std::string> random_texts(std::size_t count) {
  std::mt19937 random(7);
  std::vector<std::string> texts(count);
  for (std::string& text : texts) {
    text.resize(random() % 70);
    for (char& byte : text) byte = static_cast<char>('a' + random() % 26);
  }
  return texts;
}

/// Gives the texts out `step` at a time.
TextSource source_of(const std::vector<std::string>& texts, std::size_t step = 1) {
  return [&texts, step, next = std::size_t{0}](TextBlock& block) mutable {
    for (std::size_t i = 0; i < step && next < texts.size(); ++i) block.add(texts[next++]);
    return Status();
  };
}

struct Collected {
  std::vector<float> values;
  std::vector<uint8_t> truncated;
  Status status;
  bool operator==(const Collected& other) const {
    return values == other.values && truncated == other.truncated &&
           status.message() == other.status.message();
  }
};

RowSink sink_to(Collected& out) {
  return [&out](const RowBlock& rows) {
    out.values.insert(out.values.end(), rows.values.begin(), rows.values.end());
    out.truncated.insert(out.truncated.end(), rows.truncated.begin(), rows.truncated.end());
    return Status();
  };
}

Collected collect(FakeEncoder& encoder, const TextSource& source, const StreamOptions& options) {
  Collected out;
  const StreamParts parts{.encode = encode_bytes, .encoder = &encoder};
  out.status = run_stream(parts, options, source, sink_to(out));
  return out;
}

Collected expected(const std::vector<std::string>& texts) {
  Collected out;
  for (const std::string& text : texts) {
    TextBlock block;
    block.add(text);
    Encodings encodings;
    out.status = encode_bytes(block, 0, 1, encodings);
    out.values.push_back(static_cast<float>(encodings.ids.size()));
    out.values.push_back(FakeEncoder::fingerprint(encodings.ids, {}));
    out.truncated.push_back(encodings.truncated[0]);
  }
  return out;
}

TEST(StreamRunner, EveryPlanGivesEveryRowInInputOrder) {
  const auto texts = random_texts(3000);
  const Collected want = expected(texts);
  for (const Order order : {Order::kSerial, Order::kParallel, Order::kGrouped}) {
    for (const int threads : {1, 3}) {
      for (const int32_t window : {1, 7, 200, 5000}) {
        FakeEncoder encoder;
        const StreamOptions options{
            .plan = {.order = order, .batch_tokens = 300, .threads = threads, .window = window}
        };
        EXPECT_EQ(collect(encoder, source_of(texts, 11), options), want)
            << to_string(order) << " threads " << threads << " window " << window;
      }
    }
  }
}

TEST(StreamRunner, NoInputGivesNoRows) {
  FakeEncoder encoder;
  EXPECT_EQ(collect(encoder, source_of({}), {}), Collected());
  EXPECT_EQ(encoder.runs, 0);
}

TEST(StreamRunner, FewTextsRunOnTheCallersThreadWithAllOfTheEncoders) {
  FakeEncoder encoder;
  const auto texts = random_texts(5);
  EXPECT_EQ(collect(encoder, source_of(texts), {.plan = {.threads = 2}}), expected(texts));
  EXPECT_EQ(encoder.runs, 1);
  EXPECT_EQ(encoder.runs_of_one_thread, 0);
}

TEST(StreamRunner, BatchesOfTwentyInOrder) {
  FakeEncoder encoder;
  const BatchPlan plan{.order = Order::kSerial, .batch_tokens = 1 << 20, .batch_sequences = 20};
  const auto texts = random_texts(210);
  EXPECT_EQ(collect(encoder, source_of(texts), {.plan = plan}), expected(texts));
  EXPECT_EQ(encoder.runs, 11);
}

TEST(StreamRunner, PairsCarryTypeIds) {
  FakeEncoder encoder;
  const auto one_pair = [given = false](TextBlock& block) mutable {
    if (!std::exchange(given, true)) block.add("a", "b");
    return Status();
  };
  const Collected got = collect(encoder, one_pair, {});
  const std::vector<int32_t> ids{0, 'a', 'b'};
  const std::vector<int32_t> types{0, 0, 1};
  EXPECT_EQ(got.values, (std::vector<float>{3, FakeEncoder::fingerprint(ids, types)}));
}

TEST(StreamRunner, TextsAndPairsDoNotMix) {
  FakeEncoder encoder;
  const auto mixed = [](TextBlock& block) {
    block.add("a");
    block.add("a", "b");
    return Status();
  };
  EXPECT_EQ(collect(encoder, mixed, {}).status.code(), StatusCode::kInvalidArgument);
}

TEST(StreamRunner, TheFirstFailingInputEndsTheStreamAfterTheRowsBeforeIt) {
  auto texts = random_texts(1000);
  texts[610] = std::string(45, '!');  // runs early in the grouped plan, but is not the first
  texts[543] = "!";
  texts[777] = "?";
  Collected want = expected({texts.begin(), texts.begin() + 543});
  want.status = Status(StatusCode::kInvalidArgument, "[input 544, fake] poison");
  for (const Order order : {Order::kSerial, Order::kParallel, Order::kGrouped}) {
    for (const int32_t window : {100, 1000}) {
      FakeEncoder encoder;
      const StreamOptions options{.plan = {.order = order, .threads = 2, .window = window}};
      EXPECT_EQ(collect(encoder, source_of(texts), options), want) << to_string(order);
    }
  }
}

TEST(StreamRunner, ATextThatCannotBeTokenizedIsNamed) {
  auto texts = random_texts(300);
  texts[130] = "?";
  texts[131] = "?";
  Collected want = expected({texts.begin(), texts.begin() + 130});
  want.status = Status(StatusCode::kInvalidInput, "[input 131, fake] question");
  FakeEncoder encoder;
  EXPECT_EQ(collect(encoder, source_of(texts), {}), want);
}

TEST(StreamRunner, AFailingSourceEndsTheStreamAfterItsRows) {
  for (const std::size_t count : {std::size_t{3}, std::size_t{500}}) {
    const auto texts = random_texts(count);
    const auto source = [&, next = std::size_t{0}](TextBlock& block) mutable {
      if (next == texts.size()) return error(StatusCode::kIo, "disk", "gone");
      block.add(texts[next++]);
      return Status();
    };
    FakeEncoder encoder;
    Collected want = expected(texts);
    want.status = Status(StatusCode::kIo, "[disk] gone");
    EXPECT_EQ(collect(encoder, source, {.plan = {.window = 100}}), want);
  }
}

TEST(StreamRunner, AFailingSinkEndsTheStream) {
  FakeEncoder encoder;
  const auto endless = [](TextBlock& block) {
    block.add("abc");
    return Status();
  };
  int calls = 0;
  const auto sink = [&](const RowBlock&) {
    return ++calls == 3 ? error(StatusCode::kIo, "pipe", "closed") : Status();
  };
  const StreamParts parts{.encode = encode_bytes, .encoder = &encoder};
  const Status status = run_stream(parts, {.plan = {.window = 50}}, endless, sink);
  EXPECT_EQ(status.message(), "[pipe] closed");
  EXPECT_EQ(calls, 3);
}

TEST(StreamRunner, AStopRequestCancels) {
  FakeEncoder encoder;
  std::stop_source stop;
  const auto endless = [](TextBlock& block) {
    block.add("abc");
    return Status();
  };
  int calls = 0;
  const auto sink = [&](const RowBlock&) {
    if (++calls == 2) stop.request_stop();
    return Status();
  };
  const StreamParts parts{.encode = encode_bytes, .encoder = &encoder};
  const StreamOptions options{.plan = {.window = 50}, .cancel = stop.get_token()};
  EXPECT_EQ(run_stream(parts, options, endless, sink).code(), StatusCode::kCancelled);
}

TEST(StreamRunner, MemoryIsBoundedByWindowsNotByTheInput) {
  FakeEncoder encoder;
  std::size_t read = 0;
  std::size_t delivered = 0;
  std::size_t most = 0;
  const std::string text(1000, 'x');
  const auto source = [&](TextBlock& block) {
    if (read < 20000) block.add(text), ++read;
    most = std::max(most, read - delivered);
    return Status();
  };
  const auto sink = [&](const RowBlock& rows) {
    delivered += rows.rows();
    return Status();
  };
  const StreamParts parts{.encode = encode_bytes, .encoder = &encoder};
  ASSERT_TRUE(run_stream(parts, {.plan = {.window = 1 << 20}}, source, sink).ok());
  EXPECT_EQ(delivered, 20000U);
  EXPECT_LE(most, 1000U);
}

TEST(StreamRunner, RunningOutOfMemoryIsAStatus) {
  for (const std::size_t count : {std::size_t{3}, std::size_t{300}}) {
    auto texts = random_texts(count);
    texts[count - 1] = "#";
    FakeEncoder encoder;
    const Collected got = collect(encoder, source_of(texts), {});
    EXPECT_EQ(got.status.code(), StatusCode::kResourceExhausted);
    EXPECT_TRUE(got.values.empty());
  }
}

TEST(StreamRunner, AnImpossiblePlanIsRefused) {
  FakeEncoder encoder;
  const Collected got = collect(encoder, source_of({}), {.plan = {.batch_tokens = 0}});
  EXPECT_EQ(got.status.code(), StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace martlet

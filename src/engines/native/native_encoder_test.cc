// What the native engine promises beyond right numbers (tests/golden checks those): the same bits
// for any batch and any number of threads, no allocation once warm, and a clear error for what it
// cannot run.
#include "engines/native/native_encoder.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <new>
#include <random>
#include <thread>
#include <tuple>

#include "formats/safetensors.h"
#include "formats/test_files.h"

namespace {
std::atomic<long> allocations{0};
constexpr bool kCountsAllocations = !__has_feature(thread_sanitizer);  // it brings its own new
}  // namespace

// Counts every allocation of this executable.
#if !__has_feature(thread_sanitizer)
void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
#endif

namespace martlet {
namespace {

constexpr std::int64_t kHidden = 64;
constexpr std::int64_t kInner = 80;
/// So wide that a rank's rows between the feed-forward layers have room for its heads.
constexpr std::int64_t kWideInner = 272;
constexpr std::int64_t kVocab = 97;
constexpr std::int64_t kPositions = 200;

/// A BERT classifier of two layers with random weights, written once to a temporary directory.
class Model {
 public:
  explicit Model(const std::filesystem::path& directory, std::int64_t inner = kInner)
      : directory_(directory) {
    std::ofstream(directory / "config.json")
        << R"({"model_type": "bert", "architectures": ["BertForSequenceClassification"],
      "vocab_size": 97, "hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2,
      "intermediate_size": )"
        << inner << R"(,
      "max_position_embeddings": 200, "type_vocab_size": 2, "hidden_act": "gelu", "num_labels": 3})";
    add("bert.embeddings.word_embeddings.weight", {kVocab, kHidden});
    add("bert.embeddings.position_embeddings.weight", {kPositions, kHidden});
    add("bert.embeddings.token_type_embeddings.weight", {2, kHidden});
    norm("bert.embeddings.LayerNorm");
    for (const std::string layer : {"bert.encoder.layer.0.", "bert.encoder.layer.1."}) {
      for (const std::string name : {"query", "key", "value"})
        linear(layer + "attention.self." + name, kHidden, kHidden);
      linear(layer + "attention.output.dense", kHidden, kHidden);
      norm(layer + "attention.output.LayerNorm");
      linear(layer + "intermediate.dense", inner, kHidden);
      linear(layer + "output.dense", kHidden, inner);
      norm(layer + "output.LayerNorm");
    }
    linear("bert.pooler.dense", kHidden, kHidden);
    linear("classifier", 3, kHidden);
    const Status written = write_safetensors(directory / "model.safetensors", tensors_, {});
    EXPECT_TRUE(written.ok()) << written.message();
  }

 private:
  void linear(const std::string& name, std::int64_t outputs, std::int64_t inputs) {
    add(name + ".weight", {outputs, inputs});
    add(name + ".bias", {outputs});
  }
  void norm(const std::string& name) {
    add(name + ".weight", {kHidden});
    add(name + ".bias", {kHidden});
  }
  void add(const std::string& name, const std::vector<std::int64_t>& shape) {
    std::size_t size = 1;
    for (const std::int64_t extent : shape) size *= static_cast<std::size_t>(extent);
    std::normal_distribution<float> normal(0, 0.3F);
    auto& values = values_.emplace_back(size);
    for (float& value : values) value = normal(generator_);
    tensors_.push_back({name, Dtype::kF32, shape, std::as_bytes(std::span(values))});
  }

  std::filesystem::path directory_;
  std::mt19937 generator_{7};
  std::vector<std::vector<float>> values_;
  std::vector<Tensor> tensors_;
};

/// Random sequences of the given lengths.
struct Batch {
  std::vector<std::int32_t> ids;
  std::vector<std::int32_t> type_ids;
  std::vector<std::int32_t> starts{0};

  void add(int length, unsigned seed) {
    std::mt19937 generator(seed);
    for (int i = 0; i < length; ++i) {
      ids.push_back(static_cast<std::int32_t>(generator() % kVocab));
      type_ids.push_back(i > length / 2);
    }
    starts.push_back(static_cast<std::int32_t>(ids.size()));
  }
  [[nodiscard]] TokenBatch view() const { return {ids, type_ids, starts}; }
};

class NativeEncoderTest : public DirectoryTest,
                          public ::testing::WithParamInterface<std::tuple<Isa, const char*>> {
 protected:
  void SetUp() override {
    if (!is_supported(isa())) GTEST_SKIP() << "this processor cannot run " << to_string(isa());
    if (precision() == "bf16" && kernels_for(isa()).gemm_bf16 == nullptr) {
      GTEST_SKIP() << to_string(isa()) << " has no bf16 products";
    }
    ::setenv("MARTLET_FORCE_ISA", std::string(to_string(isa())).c_str(), 1);
    const Model model(path(""));
  }
  void TearDown() override { ::unsetenv("MARTLET_FORCE_ISA"); }

  static Isa isa() { return std::get<0>(GetParam()); }
  static std::string precision() { return std::get<1>(GetParam()); }

  std::unique_ptr<Encoder> load(int threads, const std::string& with_precision = precision()) {
    auto encoder = load_encoder(path(""), {.precision = with_precision, .threads = threads});
    EXPECT_TRUE(encoder) << encoder.status().message();
    EXPECT_EQ((*encoder)->info().isa, to_string(isa()));
    EXPECT_EQ((*encoder)->info().precision, with_precision);
    return std::move(*encoder);
  }
};

TEST_P(NativeEncoderTest, MeasuredStepsFillTheRunAndChangeNothing) {
  Batch batch;
  for (int i = 0; i < 6; ++i) batch.add(40 + i, static_cast<unsigned>(i));
  const auto encoder = load(2);
  auto& native = static_cast<NativeEncoder&>(*encoder);
  EncoderOutput plain;
  EncoderOutput measured;
  StepTimes times;
  ASSERT_TRUE(native.run(batch.view(), {}, plain).ok());
  const auto start = std::chrono::steady_clock::now();
  ASSERT_TRUE(native.run(batch.view(), {}, measured, &times).ok());
  const auto elapsed = std::chrono::steady_clock::now() - start;
  EXPECT_EQ(plain.values, measured.values);
  std::chrono::nanoseconds sum{0};
  for (const std::chrono::nanoseconds step : times.steps) sum += step;
  for (const Step step : {Step::kEmbed, Step::kQkv, Step::kAttention, Step::kFfOut, Step::kHead})
    EXPECT_GT(times.steps[static_cast<std::size_t>(step)].count(), 0) << to_string(step);
  EXPECT_LE(sum, 2 * elapsed);
}

TEST_P(NativeEncoderTest, LayersOfDifferentPrecision) {
  Batch batch;
  for (int i = 0; i < 6; ++i) batch.add(5 + 17 * i, static_cast<unsigned>(i));
  const Precision other = precision() == "int8" ? Precision::kInt8 : Precision::kFp32;
  const PrecisionPlan plan{.precision = other, .layers = {other, Precision::kFp32}};
  const RunOptions mean{.output = OutputKind::kMean};
  EncoderOutput exact;
  EncoderOutput alone;
  EncoderOutput together;
  ASSERT_TRUE(load(1, "fp32")->run(batch.view(), mean, exact).ok());
  ASSERT_TRUE(
      (*NativeEncoder::load(path(""), {.threads = 1}, plan))->run(batch.view(), mean, alone).ok()
  );
  ASSERT_TRUE(
      (*NativeEncoder::load(path(""), {.threads = 2}, plan))->run(batch.view(), mean, together).ok()
  );
  EXPECT_EQ(alone.values, together.values);
  EXPECT_EQ(alone.values == exact.values, other == Precision::kFp32);
  for (std::size_t i = 0; i < exact.values.size(); ++i)
    ASSERT_NEAR(alone.values[i], exact.values[i], 0.3) << i;
}

TEST_P(NativeEncoderTest, LowPrecisionStaysCloseToFp32) {
  Batch batch;
  for (int i = 0; i < 12; ++i) batch.add(5 + 7 * i, static_cast<unsigned>(i));
  EncoderOutput exact;
  EncoderOutput output;
  ASSERT_TRUE(load(1, "fp32")->run(batch.view(), {.output = OutputKind::kMean}, exact).ok());
  ASSERT_TRUE(load(1)->run(batch.view(), {.output = OutputKind::kMean}, output).ok());
  for (std::size_t row = 0; row < exact.rows; ++row) {
    double product = 0, squares = 0, exact_squares = 0;
    for (std::size_t i = 0; i < exact.columns; ++i) {
      product += static_cast<double>(exact.row(row)[i]) * output.row(row)[i];
      squares += std::pow(output.row(row)[i], 2);
      exact_squares += std::pow(exact.row(row)[i], 2);
    }
    EXPECT_GT(product / std::sqrt(squares * exact_squares), precision() == "int8" ? 0.995 : 0.9995);
  }
}

TEST_P(NativeEncoderTest, ResultsDoNotDependOnBatchOrThreads) {
  constexpr int kSequences = 60;
  const auto length = [](int i) { return 1 + i * 37 % 61 + (i % 20 == 0 ? 130 : 0); };
  const auto one = load(1);
  for (const OutputKind kind :
       {OutputKind::kLogits, OutputKind::kCls, OutputKind::kMean, OutputKind::kMax,
        OutputKind::kPooler}) {
    std::vector<EncoderOutput> alone(kSequences);
    Batch all;
    for (int i = 0; i < kSequences; ++i) {
      Batch batch;
      batch.add(length(i), static_cast<unsigned>(i));
      all.add(length(i), static_cast<unsigned>(i));
      ASSERT_TRUE(one->run(batch.view(), {.output = kind}, alone[static_cast<std::size_t>(i)]).ok()
      );
    }
    for (const int threads : {1, 2, 3, 5}) {
      EncoderOutput together;
      ASSERT_TRUE(load(threads)->run(all.view(), {.output = kind}, together).ok());
      ASSERT_EQ(together.rows, kSequences);
      for (std::size_t i = 0; i < kSequences; ++i) {
        ASSERT_TRUE(std::ranges::equal(together.row(i), alone[i].row(0)))
            << "sequence " << i << ", " << threads << " threads";
      }
    }
  }
}

TEST_P(NativeEncoderTest, OneSequenceOnManyThreadsHasTheSameBits) {
  for (const int tokens : {1, 2, 13, 63, 64, 65, 128, 200}) {
    Batch batch;
    batch.add(tokens, 5);
    EncoderOutput expected;
    ASSERT_TRUE(load(1)->run(batch.view(), {.output = OutputKind::kTokens}, expected).ok());
    for (const int threads : {2, 3, 4}) {
      EncoderOutput output;
      ASSERT_TRUE(load(threads)->run(batch.view(), {.output = OutputKind::kTokens}, output).ok());
      ASSERT_EQ(output.values, expected.values) << tokens << " tokens, " << threads << " threads";
    }
  }
}

TEST_P(NativeEncoderTest, HeadsInRowsOfInnerHaveTheSameBits) {
  const Model model(path(""), kWideInner);
  for (const int tokens : {63, 64, 65, 96, 127, 128, 200}) {
    Batch batch;
    batch.add(tokens, 5);
    for (const OutputKind kind : {OutputKind::kTokens, OutputKind::kLogits}) {
      EncoderOutput expected;
      ASSERT_TRUE(load(1)->run(batch.view(), {.output = kind}, expected).ok());
      const auto together = load(2);
      for (int round = 0; round < 2; ++round) {
        EncoderOutput output;
        ASSERT_TRUE(together->run(batch.view(), {.output = kind}, output).ok());
        ASSERT_EQ(output.values, expected.values) << tokens << " tokens, round " << round;
      }
    }
  }
}

TEST_P(NativeEncoderTest, FirstTokensAloneAreExact) {
  Batch batch;
  for (int i = 0; i < 9; ++i) batch.add(3 + 5 * i, static_cast<unsigned>(i));
  const auto encoder = load(2);
  EncoderOutput tokens;
  EncoderOutput firsts;
  ASSERT_TRUE(encoder->run(batch.view(), {.output = OutputKind::kTokens}, tokens).ok());
  ASSERT_TRUE(encoder->run(batch.view(), {.output = OutputKind::kCls}, firsts).ok());
  for (std::size_t i = 0; i < firsts.rows; ++i) {
    EXPECT_TRUE(
        std::ranges::equal(firsts.row(i), tokens.row(static_cast<std::size_t>(batch.starts[i])))
    );
  }
}

TEST_P(NativeEncoderTest, CallersMayRunAtOnce) {
  const auto encoder = load(2);
  Batch batch;
  for (int i = 0; i < 20; ++i) batch.add(10 + i, static_cast<unsigned>(i));
  EncoderOutput expected;
  ASSERT_TRUE(encoder->run(batch.view(), {}, expected).ok());
  std::vector<std::thread> callers;
  std::atomic<int> wrong{0};
  for (int caller = 0; caller < 4; ++caller) {
    callers.emplace_back([&, caller] {
      for (int round = 0; round < 10; ++round) {
        EncoderOutput output;
        if (!encoder->run(batch.view(), {.threads = caller % 3}, output).ok() ||
            output.values != expected.values)
          ++wrong;
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(wrong, 0);
}

TEST_P(NativeEncoderTest, WarmRunsDoNotAllocate) {
  if (!kCountsAllocations) GTEST_SKIP() << "ThreadSanitizer has its own operator new";
  const auto encoder = load(2);
  Batch large;
  for (int i = 0; i < 40; ++i) large.add(20 + i, static_cast<unsigned>(i));
  Batch small;
  small.add(16, 1);
  EncoderOutput output;
  const auto run_both = [&] {
    ASSERT_TRUE(encoder->run(large.view(), {}, output).ok());
    ASSERT_TRUE(encoder->run(small.view(), {}, output).ok());
  };
  run_both();
  run_both();
  const long before = allocations;
  run_both();
  EXPECT_EQ(allocations - before, 0);
}

TEST_P(NativeEncoderTest, RefusesWhatTheModelDoesNotHave) {
  const auto encoder = load(1);
  EncoderOutput output;
  output.values = {42};
  const auto code = [&](const std::vector<std::int32_t>& ids,
                        const std::vector<std::int32_t>& types,
                        const std::vector<std::int32_t>& starts) {
    const Status status = encoder->run({ids, types, starts}, {}, output);
    EXPECT_EQ(output.values, std::vector<float>{42}) << "a failed run must leave the output alone";
    return status.code();
  };
  EXPECT_EQ(code({1, 97}, {}, {0, 2}), StatusCode::kInvalidArgument);
  EXPECT_EQ(code({1, -1}, {}, {0, 2}), StatusCode::kInvalidArgument);
  EXPECT_EQ(code({1, 2}, {0, 2}, {0, 2}), StatusCode::kInvalidArgument);
  EXPECT_EQ(code({1, 2}, {0}, {0, 2}), StatusCode::kInvalidArgument);
  EXPECT_EQ(code({1, 2}, {}, {0, 0, 2}), StatusCode::kInvalidArgument) << "an empty sequence";
  EXPECT_EQ(code({1, 2}, {}, {0, 3}), StatusCode::kInvalidArgument);
  EXPECT_EQ(code({1, 2}, {}, {0, 2, 1, 2}), StatusCode::kInvalidArgument) << "starts that go back";
  EXPECT_EQ(code(std::vector<std::int32_t>(201, 1), {}, {0, 201}), StatusCode::kInvalidArgument);
}

TEST_P(NativeEncoderTest, NoSequencesIsNoRows) {
  EncoderOutput output;
  ASSERT_TRUE(load(2)->run({}, {}, output).ok());
  EXPECT_EQ(output.rows, 0U);
}

INSTANTIATE_TEST_SUITE_P(
    Isa, NativeEncoderTest,
    ::testing::Combine(
        ::testing::ValuesIn(all_isas().begin(), all_isas().end()),
        ::testing::Values("fp32", "bf16", "int8")
    ),
    [](const auto& info) {
      return std::string(to_string(std::get<0>(info.param))) + "_" + std::get<1>(info.param);
    }
);

class NativeEncoderLoad : public DirectoryTest {
 protected:
  StatusCode load_with(std::string_view from, std::string_view to) {
    const Model model(path(""));
    std::string config = content(path("config.json"));
    config.replace(config.find(from), from.size(), to);
    write("config.json", config);
    return load_encoder(path("")).status().code();
  }
};

TEST_F(NativeEncoderLoad, UnknownThingsAreUnsupported) {
  EXPECT_EQ(load_with(R"("bert")", R"("llama")"), StatusCode::kUnsupported);
  EXPECT_EQ(load_with(R"("gelu")", R"("swish")"), StatusCode::kUnsupported);
  EXPECT_EQ(
      load_with(R"("type_vocab_size")", R"("is_decoder": true, "type_vocab_size")"),
      StatusCode::kUnsupported
  );
}

TEST_F(NativeEncoderLoad, WeightsThatDoNotFitTheConfigAreInvalid) {
  EXPECT_EQ(load_with(R"("vocab_size": 97)", R"("vocab_size": 98)"), StatusCode::kInvalidModel);
  EXPECT_EQ(
      load_with(R"("num_hidden_layers": 2)", R"("num_hidden_layers": 3)"), StatusCode::kInvalidModel
  );
  EXPECT_EQ(load_with(R"("num_labels": 3)", R"("num_labels": 4)"), StatusCode::kInvalidModel);
}

TEST_F(NativeEncoderLoad, OptionsAreChecked) {
  const Model model(path(""));
  EXPECT_EQ(load_encoder(path(""), {.engine = "warp"}).status().code(), StatusCode::kUnsupported);
  EXPECT_EQ(load_encoder(path(""), {.precision = "fp8"}).status().code(), StatusCode::kUnsupported);
  EXPECT_EQ(load_encoder(path("nowhere")).status().code(), StatusCode::kNotFound);
}

}  // namespace
}  // namespace martlet

#include "calibration/calibrate.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <iterator>
#include <limits>
#include <numeric>
#include <optional>
#include <string>
#include <utility>

#include "bench/random_batch.h"
#include "bench/statistics.h"
#include "calibration/answering.h"
#include "core/cpu.h"
#include "core/error.h"
#include "kernels/cpu/kernels.h"

namespace martlet {
namespace {

constexpr std::size_t kAllTexts = std::numeric_limits<std::size_t>::max();
/// Texts that the error of a single layer is measured with.
constexpr std::size_t kLayerTexts = 128;

struct Shape {
  std::int32_t batch;
  std::int32_t seq;
};
/// What speed is compared at: a short request, a long one, and a batch.
constexpr std::array<Shape, 3> kShapes{Shape{1, 16}, Shape{1, 128}, Shape{16, 32}};
constexpr std::uint64_t kSeed = 1;
constexpr std::size_t kLeastRounds = 3;
/// Share of the time that a less exact precision must save to be chosen.
constexpr double kWorthwhile = 0.05;

/// Texts `first`, `first` + `step`, ...
struct Part {
  std::size_t first = 0;
  std::size_t step = 1;
};
constexpr Part kAll{};
constexpr Part kForChoosing{.first = 0, .step = 2};
constexpr Part kHeldOut{.first = 1, .step = 2};
/// With fewer, one part does for both.
constexpr std::size_t kLeastTextsToSplit = 8;

/// A precision that passed, ready to be timed.
struct Candidate {
  std::unique_ptr<NativeEncoder> encoder;
  std::size_t check;                                   // its index in the level
  std::array<std::vector<double>, kShapes.size()> ms;  // of each shape
};

/// Over shapes, of each one's median.
double geometric_mean(const std::array<std::vector<double>, kShapes.size()>& of_shapes) {
  double logarithms = 0;
  for (const std::vector<double>& values : of_shapes) logarithms += std::log(median(values));
  return std::exp(logarithms / kShapes.size());
}

class Calibration {
 public:
  Calibration(
      const Answering& answering, const Kernels& kernels, const CalibrationOptions& options,
      BenchClock& clock
  )
      : answering_(answering), kernels_(kernels), options_(options), clock_(clock) {}

  Result<PrecisionLevel> run() {
    level_.isa = to_string(kernels_.isa);
    level_.cpu = cpu_name();
    MARTLET_RETURN_IF_ERROR(measure_fp32());
    MARTLET_RETURN_IF_ERROR(measure_layers());
    if (kernels_.gemm_bf16 != nullptr)
      MARTLET_RETURN_IF_ERROR(keep(PrecisionPlan{.precision = Precision::kBf16}));
    MARTLET_RETURN_IF_ERROR(search_int8());
    MARTLET_RETURN_IF_ERROR(compare_speed());
    choose();
    return std::move(level_);
  }

 private:
  struct Tried {
    PrecisionCheck check;
    std::unique_ptr<NativeEncoder> encoder;
  };

  Status measure_fp32() {
    auto encoder = answering_.load({});
    if (!encoder) return encoder.error();
    auto exact = answering_.answers(**encoder, kAllTexts);
    if (!exact) return exact.error();
    exact_ = std::move(*exact);
    Tried tried{.check = describe({}, exact_, kAll), .encoder = std::move(*encoder)};
    tried.check.passed = true;  // the yardstick itself
    add(std::move(tried));
    return {};
  }

  /// The error that each layer alone brings when it is int8.
  Status measure_layers() {
    auto fp32 = answering_.answers(*candidates_.front().encoder, kLayerTexts);
    if (!fp32) return fp32.error();
    for (std::size_t layer = 0; layer < answering_.layers(); ++layer) {
      PrecisionPlan plan;
      plan.layers.assign(answering_.layers(), Precision::kFp32);
      plan.layers[layer] = Precision::kInt8;
      auto encoder = answering_.load(plan);
      if (!encoder) return encoder.error();
      const auto answers = answering_.answers(**encoder, kLayerTexts);
      if (!answers) return answers.error();
      level_.layer_errors.push_back(deviation(*fp32, *answers).relative_error);
    }
    return {};
  }

  /// int8 everywhere, then without the worst layer, the two worst, ... until the gate holds.
  Status search_int8() {
    PrecisionPlan plan{.precision = Precision::kInt8};
    plan.layers.assign(answering_.layers(), Precision::kInt8);
    auto tried = try_plan(plan, kAll);
    if (!tried) return tried.error();
    if (!tried->check.passed && answering_.layers() > 1) {
      tried = search_mixture(plan);
      if (!tried) return tried.error();
    }
    add(std::move(*tried));
    return {};
  }

  Result<Tried> search_mixture(PrecisionPlan plan) const {
    const bool split = exact_.embeddings.size() >= kLeastTextsToSplit;
    const std::vector<std::size_t> worst = layers_worst_first();
    for (std::size_t i = 0;; ++i) {
      plan.layers[worst[i]] = fallback();
      auto tried = try_plan(plan, split ? kForChoosing : kAll);
      if (!tried) return tried;
      if (tried->check.passed || i + 2 >= worst.size())
        return split ? try_plan(plan, kHeldOut) : std::move(tried);
    }
  }

  [[nodiscard]] std::vector<std::size_t> layers_worst_first() const {
    std::vector<std::size_t> layers(answering_.layers());
    std::iota(layers.begin(), layers.end(), std::size_t{0});
    std::ranges::sort(layers, std::ranges::greater{}, [this](std::size_t layer) {
      return level_.layer_errors[layer];
    });
    return layers;
  }

  [[nodiscard]] Precision fallback() const {
    return kernels_.gemm_bf16 != nullptr ? Precision::kBf16 : Precision::kFp32;
  }

  Result<Tried> try_plan(const PrecisionPlan& plan, Part part) const {
    auto encoder = answering_.load(plan);
    if (!encoder) return encoder.error();
    const auto answers = answering_.answers(**encoder, kAllTexts);
    if (!answers) return answers.error();
    return Tried{.check = describe(plan, *answers, part), .encoder = std::move(*encoder)};
  }

  Status keep(const PrecisionPlan& plan) {
    auto tried = try_plan(plan, kAll);
    if (!tried) return tried.error();
    add(std::move(*tried));
    return {};
  }

  void add(Tried tried) {
    if (tried.check.passed)
      candidates_.push_back(
          {.encoder = std::move(tried.encoder), .check = level_.checks.size(), .ms = {}}
      );
    level_.checks.push_back(std::move(tried.check));
  }

  [[nodiscard]] PrecisionCheck describe(
      const PrecisionPlan& plan, const Answers& all_answers, Part part
  ) const {
    const Answers exact = every(exact_, part.first, part.step);
    const Answers answers = every(all_answers, part.first, part.step);
    const Deviation found = deviation(exact, answers);
    PrecisionCheck check{.precision = std::string(to_string(plan.precision)), .layers = {}};
    for (std::size_t layer = 0; layer < answering_.layers(); ++layer)
      check.layers.emplace_back(to_string(plan.layer(layer)));
    std::optional<double> change;
    if (!answering_.labels().empty() && exact.logits.size() > 0) {
      std::vector<std::size_t> labels;
      for (std::size_t i = part.first; i < answering_.labels().size(); i += part.step)
        labels.push_back(answering_.labels()[i]);
      check.accuracy = accuracy(answers.logits, labels);
      change = *check.accuracy - accuracy(exact.logits, labels);
    }
    check.passed = options_.gate.holds(found, change);
    check.label_agreement = found.label_agreement;
    check.max_logit_error = found.max_logit_error;
    check.mean_logit_error = found.mean_logit_error;
    check.mean_cosine = found.mean_cosine;
    check.min_cosine = found.min_cosine;
    return check;
  }

  /// In turns, so that what else the machine does hits all of them alike.
  Status compare_speed() {
    const auto end = clock_.now() + options_.timing;
    for (std::size_t round = 0; round < kLeastRounds || clock_.now() < end; ++round) {
      for (std::size_t shape = 0; shape < kShapes.size(); ++shape) {
        for (Candidate& candidate : candidates_)
          MARTLET_RETURN_IF_ERROR(time_once(candidate, shape));
      }
    }
    const double exact_ms = geometric_mean(candidates_.front().ms);
    for (const Candidate& candidate : candidates_)
      level_.checks[candidate.check].ms = exact_ms * time_by_fp32(candidate);
    return {};
  }

  /// From pairs of runs in the same round, which what else the machine does slows alike.
  [[nodiscard]] double time_by_fp32(const Candidate& candidate) const {
    std::array<std::vector<double>, kShapes.size()> ratios;
    for (std::size_t shape = 0; shape < kShapes.size(); ++shape) {
      std::ranges::transform(
          candidate.ms[shape], candidates_.front().ms[shape], std::back_inserter(ratios[shape]),
          std::divides{}
      );
    }
    return geometric_mean(ratios);
  }

  Status time_once(Candidate& candidate, std::size_t shape) {
    const EncoderInfo& info = candidate.encoder->info();
    const Shape size = kShapes[shape];
    RandomBatch batch(size.batch, std::min(size.seq, info.max_length), info.vocab_size, kSeed);
    batch.next();
    const RunOptions options{.output = answering_.main_output(*candidate.encoder), .threads = 0};
    Encoder& encoder = *candidate.encoder;
    MARTLET_RETURN_IF_ERROR(encoder.run(batch.view(), options, output_));  // wakes its threads
    const auto start = clock_.now();
    MARTLET_RETURN_IF_ERROR(encoder.run(batch.view(), options, output_));
    candidate.ms[shape].push_back(milliseconds(clock_.now() - start));
    return {};
  }

  /// Candidates are in the order of their exactness.
  void choose() {
    const PrecisionCheck* best = nullptr;
    for (const Candidate& candidate : candidates_) {
      const PrecisionCheck& check = level_.checks[candidate.check];
      if (best == nullptr || check.ms < best->ms * (1 - kWorthwhile)) best = &check;
    }
    level_.choice = best->precision;
  }

  const Answering& answering_;
  const Kernels& kernels_;
  const CalibrationOptions& options_;
  BenchClock& clock_;
  Answers exact_;
  std::vector<Candidate> candidates_;
  EncoderOutput output_;
  PrecisionLevel level_;
};

}  // namespace

Result<PrecisionLevel> calibrate(
    const std::filesystem::path& model, const Dataset& dataset, const CalibrationOptions& options,
    BenchClock& clock
) {
  const Result<Isa> isa = select_isa();
  if (!isa) return isa.error();
  const auto answering =
      Answering::open(model, dataset, {.threads = options.threads, .adapter = options.adapter});
  if (!answering) return answering.error();
  return Calibration(*answering, kernels_for(*isa), options, clock).run();
}

}  // namespace martlet

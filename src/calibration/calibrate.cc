#include "calibration/calibrate.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
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

/// A precision that passed, ready to be timed.
struct Candidate {
  std::unique_ptr<NativeEncoder> encoder;
  std::size_t check;                                   // its index in the level
  std::array<std::vector<double>, kShapes.size()> ms;  // of each shape
};

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
    Tried tried{.check = describe({}, exact_), .encoder = std::move(*encoder)};
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
    std::vector<std::size_t> worst_first(answering_.layers());
    std::iota(worst_first.begin(), worst_first.end(), std::size_t{0});
    std::ranges::sort(worst_first, std::ranges::greater{}, [this](std::size_t layer) {
      return level_.layer_errors[layer];
    });
    const Precision fallback = kernels_.gemm_bf16 != nullptr ? Precision::kBf16 : Precision::kFp32;
    PrecisionPlan plan{.precision = Precision::kInt8};
    plan.layers.assign(answering_.layers(), Precision::kInt8);
    auto all_int8 = try_plan(plan);
    if (!all_int8) return all_int8.error();
    Tried tried = std::move(*all_int8);
    for (std::size_t i = 0; i + 1 < worst_first.size() && !tried.check.passed; ++i) {
      plan.layers[worst_first[i]] = fallback;
      auto next = try_plan(plan);
      if (!next) return next.error();
      tried = std::move(*next);
    }
    add(std::move(tried));
    return {};
  }

  Result<Tried> try_plan(const PrecisionPlan& plan) const {
    auto encoder = answering_.load(plan);
    if (!encoder) return encoder.error();
    const auto answers = answering_.answers(**encoder, kAllTexts);
    if (!answers) return answers.error();
    return Tried{.check = describe(plan, *answers), .encoder = std::move(*encoder)};
  }

  Status keep(const PrecisionPlan& plan) {
    auto tried = try_plan(plan);
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

  [[nodiscard]] PrecisionCheck describe(const PrecisionPlan& plan, const Answers& answers) const {
    const Deviation found = deviation(exact_, answers);
    PrecisionCheck check{.precision = std::string(to_string(plan.precision)), .layers = {}};
    for (std::size_t layer = 0; layer < answering_.layers(); ++layer)
      check.layers.emplace_back(to_string(plan.layer(layer)));
    std::optional<double> change;
    if (!answering_.labels().empty() && exact_.logits.size() > 0) {
      check.accuracy = accuracy(answers.logits, answering_.labels());
      change = *check.accuracy - accuracy(exact_.logits, answering_.labels());
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
    for (Candidate& candidate : candidates_) {
      double logarithms = 0;
      for (std::vector<double>& ms : candidate.ms) logarithms += std::log(median(std::move(ms)));
      level_.checks[candidate.check].ms = std::exp(logarithms / kShapes.size());
    }
    return {};
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

  void choose() {
    const auto fastest =
        std::ranges::min_element(candidates_, {}, [this](const Candidate& candidate) {
          return level_.checks[candidate.check].ms;
        });
    level_.choice = level_.checks[fastest->check].precision;
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
  const auto answering = Answering::open(model, dataset, options.threads);
  if (!answering) return answering.error();
  return Calibration(*answering, kernels_for(*isa), options, clock).run();
}

}  // namespace martlet

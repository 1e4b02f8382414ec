#include "bench/shape_bench.h"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>
#include <vector>

#include "bench/measurement.h"
#include "bench/peak_probe.h"
#include "bench/random_batch.h"
#include "bench/work.h"
#include "core/cpu.h"
#include "core/error.h"
#include "engines/native/native_encoder.h"
#include "formats/model_directory.h"

namespace martlet {
namespace {

constexpr std::string_view kWhere = "bench";
/// Of the measured time, for runs before it.
constexpr int kWarmUpShare = 10;

std::string_view output_name(OutputKind output) {
  switch (output) {
    case OutputKind::kLogits:
      return "logits";
    case OutputKind::kTokens:
      return "tokens";
    case OutputKind::kCls:
      return "cls";
    case OutputKind::kMean:
      return "mean";
    case OutputKind::kMax:
      return "max";
    case OutputKind::kPooler:
      return "pooler";
  }
  return "unknown";
}

/// The yardstick of the native engine's products; none for other engines.
std::unique_ptr<PeakProbe> make_probe(const EncoderInfo& info, int threads) {
  if (info.engine != "native") return nullptr;
  const auto isa =
      std::ranges::find_if(all_isas(), [&](Isa level) { return info.isa == to_string(level); });
  if (isa == all_isas().end()) return nullptr;
  for (const Precision precision : {Precision::kFp32, Precision::kBf16, Precision::kInt8}) {
    if (info.precision == to_string(precision))
      return std::make_unique<PeakProbe>(kernels_for(*isa), precision, threads);
  }
  return nullptr;
}

class ShapeBench {
 public:
  ShapeBench(const ShapeBenchOptions& options, BenchClock& clock)
      : options_(options), clock_(clock) {}

  Result<ShapeReport> run(const std::filesystem::path& model) {
    MARTLET_RETURN_IF_ERROR(check());
    MARTLET_RETURN_IF_ERROR(load(model));
    MARTLET_RETURN_IF_ERROR(take_times());
    if (options_.profile) MARTLET_RETURN_IF_ERROR(take_profile());
    return std::move(report_);
  }

 private:
  [[nodiscard]] Status check() const {
    if (options_.batch > 0 && options_.seq > 0 && options_.batch <= (1 << 24) / options_.seq)
      return {};
    return error(
        StatusCode::kInvalidArgument, kWhere,
        "shape, got {} sequences of {} tokens, expected at least 1 and at most {} tokens in all",
        options_.batch, options_.seq, 1 << 24
    );
  }

  Status load(const std::filesystem::path& model) {
    const auto directory = load_model_directory(model);
    if (!directory) return directory.error();
    config_ = directory->config;
    const auto start = clock_.now();
    auto encoder = load_encoder(directory->transformer, options_.encoder);
    if (!encoder) return encoder.error();
    report_.load_ms = milliseconds(clock_.now() - start);
    encoder_ = std::move(*encoder);
    report_.info = encoder_->info();
    pass_ = {
        .output = report_.info.labels > 0 ? OutputKind::kLogits : directory->pooling,
        .token_logits = report_.info.token_logits
    };
    report_.output = output_name(pass_.output);
    report_.threads = options_.encoder.threads > 0 ? options_.encoder.threads : usable_cpus();
    report_.batch = options_.batch;
    report_.seq = options_.seq;
    batch_.emplace(options_.batch, options_.seq, report_.info.vocab_size, options_.seed);
    return {};
  }

  Status take_times() {
    const auto probe = make_probe(report_.info, report_.threads);
    Workload workload{
        .prepare = [this] { batch_->next(); },
        .run = [this] { return encoder_->run(batch_->view(), run_options(), output_); },
    };
    if (probe != nullptr) workload.probe = [&] { probe->sample(); };
    const auto times = measure(
        workload, {.duration = options_.duration, .warm_up = options_.duration / kWarmUpShare},
        clock_
    );
    if (!times) return times.error();
    report_.memory = memory_use();
    report_.first_run_ms = times->first_ms;
    report_.warm_up_runs = times->warm_up_ms.size();
    report_.warm_up_ms = summarize(times->warm_up_ms).sum;
    report_.ms = summarize(times->ms);
    const std::vector<std::int32_t> lengths(static_cast<std::size_t>(options_.batch), options_.seq);
    report_.macs = multiply_adds(config_, lengths, pass_);
    report_.tokens_per_s = options_.batch * options_.seq / (report_.ms.p50 / 1e3);
    report_.gmacs_per_s = report_.macs / (report_.ms.p50 / 1e3) / 1e9;
    if (probe != nullptr) report_.peak_gmacs_per_s = probe->macs_per_second() / 1e9;
    return {};
  }

  /// In runs of their own, so that the timers cost the others nothing.
  Status take_profile() {
    if (report_.info.engine != "native") {
      return error(
          StatusCode::kUnsupported, kWhere, "profile, got engine {}, expected native",
          report_.info.engine
      );
    }
    auto& native = static_cast<NativeEncoder&>(*encoder_);
    StepTimes times;
    const auto taken = measure(
        {.prepare = [this] { batch_->next(); },
         .run = [&] { return native.run(batch_->view(), run_options(), output_, &times); }},
        {.duration = options_.duration / 4, .warm_up = {}, .least_runs = 3}, clock_
    );
    if (!taken) return taken.error();
    add_profile(*taken, times);
    return {};
  }

  void add_profile(const Measurement& taken, const StepTimes& times) {
    Profile& profile = report_.profile.emplace();
    profile.runs = taken.warm_up_ms.size() + taken.ms.size();
    const auto runs = static_cast<double>(profile.runs);
    profile.wall_ms = (summarize(taken.warm_up_ms).sum + summarize(taken.ms).sum) / runs;
    profile.other_ms = profile.wall_ms * report_.threads;
    for (std::size_t step = 0; step < kSteps; ++step) {
      profile.steps_ms[step] = milliseconds(times.steps[step]) / runs;
      profile.other_ms -= profile.steps_ms[step];
    }
  }

  [[nodiscard]] RunOptions run_options() const { return {.output = pass_.output}; }

  const ShapeBenchOptions& options_;
  BenchClock& clock_;
  HfConfig config_;
  std::unique_ptr<Encoder> encoder_;
  Pass pass_;
  std::optional<RandomBatch> batch_;
  EncoderOutput output_;
  ShapeReport report_;
};

}  // namespace

Result<ShapeReport> run_shape_bench(
    const std::filesystem::path& model, const ShapeBenchOptions& options, BenchClock& clock
) {
  return ShapeBench(options, clock).run(model);
}

}  // namespace martlet

#include "bench_report.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <boost/json.hpp>

#include "console.h"
#include "core/cpu.h"
#include "core/error.h"
#include "numbers.h"
#include "rows/output_stream.h"

namespace martlet::cli {
namespace {

namespace json = boost::json;

json::value number_or_null(const std::optional<double>& number) {
  return number ? json::value(*number) : json::value();
}

void add_latency(json::object& object, const Summary& ms) {
  object.insert({
      {"n", ms.n},
      {"min", ms.min},
      {"p10", ms.p10},
      {"p50", ms.p50},
      {"p90", ms.p90},
      {"p99", number_or_null(ms.p99)},
      {"mean", ms.mean},
      {"sd", ms.sd},
  });
}

/// Of a ShapeReport or a TensorReport: what starting took, and memory.
template <typename Report>
void add_start(json::object& object, const Report& report) {
  object.insert({
      {"rss_mb", report.memory.rss_mb},
      {"peak_rss_mb", report.memory.peak_rss_mb},
      {"load_ms", report.load_ms},
      {"first_run_ms", report.first_run_ms},
      {"warm_up_runs", report.warm_up_runs},
  });
}

std::string latency_line(const Summary& ms) {
  return fmt::format(
      "  latency     p50 {:.3f} ms  p10 {:.3f}  p90 {:.3f}  p99 {}  min {:.3f}  mean {:.3f}  sd "
      "{:.3f}  ({} runs)\n",
      ms.p50, ms.p10, ms.p90, ms.p99 ? fmt::format("{:.3f}", *ms.p99) : "-", ms.min, ms.mean, ms.sd,
      with_commas(ms.n)
  );
}

template <typename Report>
std::string start_lines(const Report& report) {
  return fmt::format(
      "  start       load {:.1f} ms, first run {:.2f} ms\n  memory      {:.1f} MB resident, peak "
      "{:.1f} MB\n",
      report.load_ms, report.first_run_ms, report.memory.rss_mb, report.memory.peak_rss_mb
  );
}

json::value share_of_peak(const ShapeReport& report) {
  if (report.peak_gmacs_per_s <= 0) return {};
  return report.gmacs_per_s / report.peak_gmacs_per_s;
}

json::object to_json(const Profile& profile) {
  json::object steps;
  for (std::size_t step = 0; step < kSteps; ++step)
    steps[to_string(static_cast<Step>(step))] = profile.steps_ms[step];
  steps["other"] = profile.other_ms;
  return {{"runs", profile.runs}, {"wall_ms", profile.wall_ms}, {"thread_ms", std::move(steps)}};
}

json::array tensors_of(const std::vector<TensorInfo>& infos) {
  json::array tensors;
  for (const TensorInfo& info : infos) {
    tensors.push_back(json::object{
        {"name", info.name},
        {"type", to_string(info.type)},
        {"shape", json::array(info.shape.begin(), info.shape.end())},
    });
  }
  return tensors;
}

json::object to_json(const ValueHistogram& histogram) {
  return {
      {"from_ms", histogram.from},
      {"width_ms", histogram.width},
      {"counts", json::array(histogram.counts.begin(), histogram.counts.end())},
      {"above", histogram.above},
  };
}

/// " 15.301 ms  ############  1,203", a line for each range.
std::string bars_of(const ValueHistogram& histogram) {
  constexpr std::size_t kLongestBar = 50;
  std::size_t most = std::max<std::size_t>(histogram.above, 1);
  for (const std::size_t count : histogram.counts) most = std::max(most, count);
  std::string text = "\n";
  const auto line = [&](double from, std::size_t count, std::string_view note) {
    const std::string bar(count * kLongestBar / most, '#');
    text += fmt::format(
        "  {:>9.3f} ms  {:<{}}  {}{}\n", from, bar, kLongestBar, with_commas(count), note
    );
  };
  for (std::size_t i = 0; i < histogram.counts.size(); ++i)
    line(histogram.from + histogram.width * static_cast<double>(i), histogram.counts[i], "");
  const double end = histogram.width * static_cast<double>(histogram.counts.size());
  line(histogram.from + end, histogram.above, " and more");
  return text;
}

std::string table_of(const Profile& profile) {
  std::string text = fmt::format(
      "\nprofile ({} passes of {:.3f} ms; time of all threads)\n", profile.runs, profile.wall_ms
  );
  double sum = profile.other_ms;
  for (const double ms : profile.steps_ms) sum += ms;
  const auto line = [&](std::string_view name, double ms) {
    text += fmt::format("  {:<10} {:>9.4f} ms  {:>5.1f}%\n", name, ms, 100 * ms / sum);
  };
  for (std::size_t step = 0; step < kSteps; ++step)
    line(to_string(static_cast<Step>(step)), profile.steps_ms[step]);
  line("other", profile.other_ms);
  return text;
}

}  // namespace

std::string as_json(const BenchFlags& flags, const ShapeReport& report) {
  json::object object{
      {"model", flags.model},
      {"cpu", cpu_name()},
      {"engine", report.info.engine},
      {"isa", report.info.isa},
      {"precision", report.info.precision},
      {"output", report.output},
      {"threads", report.threads},
      {"batch", report.batch},
      {"seq", report.seq},
      {"tokens_per_s", report.tokens_per_s},
      {"gmacs_per_s", report.gmacs_per_s},
      {"peak_gmacs_per_s",
       report.peak_gmacs_per_s > 0 ? json::value(report.peak_gmacs_per_s) : json::value()},
      {"share_of_peak", share_of_peak(report)},
      {"warm_up_ms", report.warm_up_ms},
  };
  add_latency(object, report.ms);
  add_start(object, report);
  if (report.profile) object["profile"] = to_json(*report.profile);
  return json::serialize(object) + "\n";
}

std::string as_text(const ShapeReport& report) {
  std::string text = fmt::format(
      "{} {} on {}, {} threads, {} x {} tokens to {}\n", report.info.engine, report.info.precision,
      report.info.isa, report.threads, report.batch, report.seq, report.output
  );
  text += latency_line(report.ms);
  text += fmt::format(
      "  throughput  {} tokens/s, {:.1f} GMAC/s",
      with_commas(static_cast<std::uint64_t>(report.tokens_per_s)), report.gmacs_per_s
  );
  if (report.peak_gmacs_per_s > 0) {
    text += fmt::format(
        ", {:.1f}% of the peak of {:.1f}", 100 * report.gmacs_per_s / report.peak_gmacs_per_s,
        report.peak_gmacs_per_s
    );
  }
  text += "\n" + start_lines(report);
  return report.profile ? text + table_of(*report.profile) : text;
}

std::string as_json(const BenchFlags& flags, const TensorReport& report) {
  json::object object{
      {"model", flags.model},
      {"cpu", cpu_name()},
      {"engine", report.engine},
      {"threads", report.threads},
      {"inputs", tensors_of(report.inputs)},
      {"outputs", tensors_of(report.outputs)},
      {"histogram", to_json(report.histogram)},
  };
  add_latency(object, report.ms);
  add_start(object, report);
  return json::serialize(object) + "\n";
}

std::string as_text(const TensorReport& report) {
  std::string text = fmt::format("{}, {} threads,", report.engine, report.threads);
  for (const TensorInfo& input : report.inputs) {
    text += fmt::format(
        " {} {} [{}]", input.name, to_string(input.type), fmt::join(input.shape, " x ")
    );
  }
  return text + "\n" + latency_line(report.ms) + start_lines(report) + bars_of(report.histogram);
}

std::string as_json(const BenchFlags& flags, const DatasetReport& report) {
  const json::object object{
      {"model", flags.model},
      {"dataset", flags.dataset},
      {"cpu", cpu_name()},
      {"engine", report.info.engine},
      {"isa", report.info.isa},
      {"precision", report.info.precision},
      {"threads", report.threads},
      {"plan", to_string(flags.plan.order)},
      {"batch_tokens", flags.plan.batch_tokens},
      {"sentences", report.sentences},
      {"tokens", report.tokens},
      {"seconds", report.seconds},
      {"sentences_per_s", report.sentences_per_s},
      {"padding_ratio", report.padding_ratio},
      {"natural_padding_ratio", report.natural_padding_ratio},
      {"accuracy", number_or_null(report.accuracy)},
      {"load_ms", report.load_ms},
      {"rss_mb", report.memory.rss_mb},
      {"peak_rss_mb", report.memory.peak_rss_mb},
  };
  return json::serialize(object) + "\n";
}

std::string as_text(const DatasetReport& report) {
  std::string text = fmt::format(
      "{} {} on {}, {} threads, {} texts of {} tokens\n", report.info.engine, report.info.precision,
      report.info.isa, report.threads, with_commas(report.sentences), with_commas(report.tokens)
  );
  text += fmt::format(
      "  throughput  {} texts/s, {:.2f} s in all\n",
      with_commas(static_cast<std::uint64_t>(report.sentences_per_s)), report.seconds
  );
  if (report.accuracy) text += fmt::format("  accuracy    {:.2f}%\n", 100 * *report.accuracy);
  return text + fmt::format(
                    "  padding     {:.2f} computed by real tokens; batches of 32 in input order "
                    "would be {:.2f}\n  memory      {:.1f} MB resident, peak {:.1f} MB\n",
                    report.padding_ratio, report.natural_padding_ratio, report.memory.rss_mb,
                    report.memory.peak_rss_mb
                );
}

Status write_report(const BenchFlags& flags, const std::string& json, const std::string& text) {
  if (flags.json.empty()) return print(text);
  auto output = open_output(flags.json);
  if (!output) return output.error();
  MARTLET_RETURN_IF_ERROR((*output)->write(json));
  return (*output)->commit();
}

}  // namespace martlet::cli

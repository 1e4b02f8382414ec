#include "bench/tensor_bench.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <random>
#include <utility>

#include "bench/measurement.h"
#include "core/cpu.h"
#include "core/error.h"

namespace martlet {
namespace {

constexpr std::string_view kWhere = "bench";
constexpr std::size_t kMostBytes = std::size_t{1} << 32;  // of one input
constexpr std::size_t kRanges = 20;                       // of the histogram

/// Random values for every input, new ones for each run.
class RandomTensors {
 public:
  RandomTensors(const std::vector<TensorInfo>& inputs, std::uint64_t seed) : generator_(seed) {
    for (const TensorInfo& input : inputs) {
      std::size_t elements = 1;
      for (const std::int64_t side : input.shape) elements *= static_cast<std::size_t>(side);
      tensors_.push_back({.name = input.name, .type = input.type, .shape = input.shape, .data = {}}
      );
      tensors_.back().data.resize(elements * size_of(input.type));
    }
    for (const NamedTensor& tensor : tensors_) views_.push_back(tensor.view());
  }

  void next() {
    for (NamedTensor& tensor : tensors_) fill(tensor);
  }
  [[nodiscard]] std::span<const TensorView> views() const noexcept { return views_; }

 private:
  void fill(NamedTensor& tensor) {
    switch (tensor.type) {
      case TensorType::kFloat32:
        return fill_with<float>(tensor, [](float value) { return value; });
      case TensorType::kFloat64:
        return fill_with<double>(tensor, [](float value) { return static_cast<double>(value); });
      case TensorType::kFloat16:
        // Sign and exponent of 1 and -1.
        return fill_with<std::uint16_t>(tensor, [](float value) {
          return static_cast<std::uint16_t>(value < 0 ? 0xBC00 : 0x3C00);
        });
      case TensorType::kBfloat16:
        return fill_with<std::uint16_t>(tensor, [](float value) {
          return static_cast<std::uint16_t>(value < 0 ? 0xBF80 : 0x3F80);
        });
      default:
        break;
    }
    // Little-endian: 0 or 1 in the lowest byte is 0 or 1 in any width.
    std::ranges::fill(tensor.data, std::byte{0});
    for (std::size_t i = 0; i < tensor.data.size(); i += size_of(tensor.type))
      tensor.data[i] = std::byte{static_cast<unsigned char>(generator_() & 1)};
  }

  template <class T>
  void fill_with(NamedTensor& tensor, T (*convert)(float)) {
    constexpr float kScale = 1.0F / (1 << 23);
    for (std::size_t at = 0; at < tensor.data.size(); at += sizeof(T)) {
      const auto bits = static_cast<std::int32_t>(generator_() >> 40);  // 24 of them
      const T value = convert(static_cast<float>(bits) * kScale - 1);
      std::memcpy(tensor.data.data() + at, &value, sizeof(T));
    }
  }

  std::mt19937_64 generator_;
  std::vector<NamedTensor> tensors_;
  std::vector<TensorView> views_;
};

bool fits(const std::vector<std::int64_t>& shape, const std::vector<std::int64_t>& graph) {
  return shape.size() == graph.size() &&
         std::ranges::equal(shape, graph, [](std::int64_t side, std::int64_t open) {
           return side > 0 && (open <= 0 || open == side);
         });
}

Status check_size(const TensorInfo& input) {
  std::size_t bytes = size_of(input.type);
  bool small = true;
  for (const std::int64_t side : input.shape) {
    small = small && !__builtin_mul_overflow(bytes, static_cast<std::size_t>(side), &bytes) &&
            bytes <= kMostBytes;
  }
  if (small) return {};
  return error(
      StatusCode::kInvalidArgument, kWhere, "shape of {}, got {}, expected at most {} bytes",
      input.name, fmt::join(input.shape, "x"), kMostBytes
  );
}

/// The graph's inputs in the shapes that were asked for.
Result<std::vector<TensorInfo>> shaped_inputs(
    const ModelSignature& signature, const TensorBenchOptions& options
) {
  std::vector<TensorInfo> inputs = signature.inputs;
  for (TensorInfo& input : inputs) {
    for (std::int64_t& side : input.shape) side = side > 0 ? side : 1;
  }
  for (const auto& [name, shape] : options.shapes) {
    const auto input = name.empty() && inputs.size() == 1
                           ? inputs.begin()
                           : std::ranges::find(inputs, name, &TensorInfo::name);
    if (input == inputs.end()) {
      std::vector<std::string_view> names;
      for (const TensorInfo& known : inputs) names.emplace_back(known.name);
      return error(
          StatusCode::kInvalidArgument, kWhere, "shape of '{}', expected one of {}", name,
          fmt::join(names, ", ")
      );
    }
    const auto& graph = signature.inputs[static_cast<std::size_t>(input - inputs.begin())].shape;
    if (!fits(shape, graph)) {
      return error(
          StatusCode::kInvalidArgument, kWhere, "shape of {}, got {}, expected {} (-1: any)",
          input->name, fmt::join(shape, "x"), fmt::join(graph, "x")
      );
    }
    input->shape = shape;
  }
  for (const TensorInfo& input : inputs) MARTLET_RETURN_IF_ERROR(check_size(input));
  return inputs;
}

}  // namespace

Result<TensorReport> run_tensor_bench(
    const std::filesystem::path& graph, const TensorBenchOptions& options, BenchClock& clock
) {
  constexpr int kWarmUpShare = 10;
  const auto start = clock.now();
  const auto executor = load_executor(graph, options.executor);
  if (!executor) return executor.error();
  TensorReport report;
  report.engine = options.executor.engine;
  report.load_ms = milliseconds(clock.now() - start);
  report.threads = options.executor.threads > 0 ? options.executor.threads : usable_cpus();
  auto inputs = shaped_inputs((*executor)->signature(), options);
  if (!inputs) return inputs.error();
  report.inputs = *std::move(inputs);
  report.outputs = (*executor)->signature().outputs;

  RandomTensors tensors(report.inputs, options.seed);
  std::vector<NamedTensor> outputs;
  const auto times = measure(
      {.prepare = [&] { tensors.next(); },
       .run = [&] { return (*executor)->run(tensors.views(), outputs); }},
      {.duration = options.duration,
       .warm_up = options.duration / kWarmUpShare,
       .runs = options.runs},
      clock
  );
  if (!times) return times.error();
  report.memory = memory_use();
  report.first_run_ms = times->first_ms;
  report.warm_up_runs = times->warm_up_ms.size();
  report.ms = summarize(times->ms);
  report.histogram = make_histogram(times->ms, kRanges);
  return report;
}

}  // namespace martlet

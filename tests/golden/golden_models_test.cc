// Whole models against transformers: every directory of tests/golden/models/ (written by
// tools/make_goldens.py), on every ISA level of this machine, sequence by sequence and all in one
// batch.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "core/cpu.h"
#include "formats/safetensors.h"
#include "martlet/encoder.h"

namespace martlet {
namespace {

const std::filesystem::path kModels =
    std::filesystem::path(MARTLET_SOURCE_DIR) / "tests" / "golden" / "models";

template <class T>
std::vector<T> values_of(const Tensor& tensor) {
  std::vector<T> values(static_cast<std::size_t>(tensor.elements()));
  std::memcpy(values.data(), tensor.data.data(), tensor.data.size());
  return values;
}

struct Golden {
  std::vector<int32_t> ids;
  std::vector<int32_t> type_ids;
  std::vector<int32_t> starts{0};
  std::map<OutputKind, std::vector<float>> outputs;
  float tolerance = 0;

  [[nodiscard]] TokenBatch batch() const { return {ids, type_ids, starts}; }
};

Golden load_golden(const std::filesystem::path& directory) {
  const auto file = Safetensors::open(directory / "golden.safetensors");
  Golden golden;
  if (!file) {
    ADD_FAILURE() << file.error().message();
    return golden;
  }
  const std::map<std::string_view, OutputKind> kinds = {
      {"logits", OutputKind::kLogits}, {"tokens", OutputKind::kTokens},
      {"cls", OutputKind::kCls},       {"mean", OutputKind::kMean},
      {"max", OutputKind::kMax},       {"pooler", OutputKind::kPooler},
  };
  for (const Tensor& tensor : file->tensors()) {
    if (tensor.name == "ids") golden.ids = values_of<int32_t>(tensor);
    if (tensor.name == "type_ids") golden.type_ids = values_of<int32_t>(tensor);
    if (tensor.name == "lengths")
      for (const int32_t length : values_of<int32_t>(tensor))
        golden.starts.push_back(golden.starts.back() + length);
    if (const auto kind = kinds.find(tensor.name); kind != kinds.end())
      golden.outputs[kind->second] = values_of<float>(tensor);
  }
  golden.tolerance = std::stof(file->metadata().at("tolerance"));
  return golden;
}

/// Loads the model for `isa`; null where the level has no such precision.
std::unique_ptr<Encoder> load(
    const std::filesystem::path& directory, Isa isa, const std::string& precision = "fp32"
) {
  ::setenv("MARTLET_FORCE_ISA", std::string(to_string(isa)).c_str(), 1);
  EncoderOptions options;
  options.precision = precision;
  options.threads = 2;
  auto encoder = load_encoder(directory, options);
  ::unsetenv("MARTLET_FORCE_ISA");
  if (!encoder && precision == "bf16" && encoder.error().code() == StatusCode::kUnavailable)
    return nullptr;
  if (!encoder) {
    ADD_FAILURE() << encoder.error().message();
    return nullptr;
  }
  EXPECT_EQ((*encoder)->info().isa, to_string(isa));
  return *std::move(encoder);
}

std::vector<float> run(Encoder& encoder, const TokenBatch& batch, const RunOptions& options) {
  EncoderOutput output;
  const Status status = encoder.run(batch, options, output);
  EXPECT_TRUE(status.ok()) << status.message();
  return output.values;
}

/// Each sequence in a batch of its own, the rows one after the other.
std::vector<float> run_alone(Encoder& encoder, const Golden& golden, OutputKind kind) {
  std::vector<float> rows;
  for (std::size_t s = 0; s + 1 < golden.starts.size(); ++s) {
    const auto begin = static_cast<std::size_t>(golden.starts[s]);
    const auto length = static_cast<std::size_t>(golden.starts[s + 1]) - begin;
    const std::vector<int32_t> starts{0, static_cast<int32_t>(length)};
    const TokenBatch one{
        std::span(golden.ids).subspan(begin, length),
        golden.type_ids.empty() ? std::span<const int32_t>()
                                : std::span(golden.type_ids).subspan(begin, length),
        starts
    };
    const auto row = run(encoder, one, {.output = kind, .threads = 1});
    rows.insert(rows.end(), row.begin(), row.end());
  }
  return rows;
}

float largest_difference(const std::vector<float>& a, const std::vector<float>& b) {
  if (a.size() != b.size()) return INFINITY;
  float largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const float difference = std::abs(a[i] - b[i]);
    if (!(difference <= largest)) largest = difference;  // a NaN counts
  }
  return largest;
}

float largest_value(const std::vector<float>& values) {
  float largest = 0;
  for (const float value : values) largest = std::max(largest, std::abs(value));
  return largest;
}

class GoldenModels : public ::testing::TestWithParam<std::string> {};

TEST_P(GoldenModels, OutputsEqualTransformers) {
  const auto directory = kModels / GetParam();
  Golden golden = load_golden(directory);
  ASSERT_FALSE(golden.outputs.empty());
  for (const Isa isa : all_isas()) {
    if (!is_supported(isa)) {
      std::printf("SKIPPED: this machine has no %s\n", std::string(to_string(isa)).c_str());
      continue;
    }
    const auto encoder = load(directory, isa);
    ASSERT_NE(encoder, nullptr);
    if (encoder->info().type_vocab_size == 0) golden.type_ids.clear();
    for (const auto& [kind, expected] : golden.outputs) {
      const std::string where =
          std::string(to_string(isa)) + ", output " + std::to_string(static_cast<int>(kind));
      const auto together = run(*encoder, golden.batch(), {.output = kind});
      EXPECT_LE(largest_difference(together, expected), golden.tolerance) << where;
      EXPECT_EQ(together, run(*encoder, golden.batch(), {.output = kind, .threads = 1})) << where;
      EXPECT_EQ(together, run_alone(*encoder, golden, kind)) << where;
    }
  }
}

/// Rows of low precision are near transformers' answers too, and depend on no neighbour.
TEST_P(GoldenModels, LowPrecisionsDependOnNoNeighbour) {
  const auto directory = kModels / GetParam();
  Golden golden = load_golden(directory);
  for (const Isa isa : all_isas()) {
    if (!is_supported(isa)) continue;
    for (const std::string precision : {"bf16", "int8"}) {
      const auto encoder = load(directory, isa, precision);
      if (encoder == nullptr) continue;
      if (encoder->info().type_vocab_size == 0) golden.type_ids.clear();
      for (const auto& [kind, expected] : golden.outputs) {
        SCOPED_TRACE(std::string(to_string(isa)) + " " + precision);
        const auto together = run(*encoder, golden.batch(), {.output = kind});
        EXPECT_EQ(together, run(*encoder, golden.batch(), {.output = kind, .threads = 1}));
        EXPECT_EQ(together, run_alone(*encoder, golden, kind));
        EXPECT_LE(largest_difference(together, expected), 0.1F * largest_value(expected));
      }
    }
  }
}

std::vector<std::string> model_names() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(kModels))
    names.push_back(entry.path().filename());
  std::ranges::sort(names);
  return names;
}

std::string test_name(const ::testing::TestParamInfo<std::string>& info) {
  std::string name = info.param;
  std::ranges::replace(name, '-', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Models, GoldenModels, ::testing::ValuesIn(model_names()), test_name);

}  // namespace
}  // namespace martlet

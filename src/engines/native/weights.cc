#include "engines/native/weights.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "core/error.h"
#include "engines/native/input_balance.h"
#include "engines/native/probe.h"

namespace martlet {
namespace {

AlignedBuffer copy(std::span<const float> values, Arena& arena) {
  AlignedBuffer buffer(values.size(), arena);
  std::ranges::copy(values, buffer.data());
  return buffer;
}

/// Copies both to the begin of `to`.
void join(std::span<const float> first, std::span<const float> second, AlignedBuffer& to) {
  std::ranges::copy(second, std::ranges::copy(first, to.data()).out);
}

/// Reads one model's tensors by the family's names.
class Reader {
 public:
  Reader(NativeWeights& weights, const Family& family, const Kernels& kernels, ThreadPool& pool)
      : names(weights.checkpoint, family),
        checkpoint_(weights.checkpoint),
        arena_(weights.arena),
        kernels_(kernels),
        pool_(pool) {}

  const WeightNames names;

  Result<FloatTensor> table(const std::string& name, std::int64_t rows, std::int64_t columns)
      const {
    return checkpoint_.read(name + ".weight", std::array{rows, columns});
  }

  Status norm(const std::string& name, std::int64_t size, Norm& out) const {
    auto gamma = checkpoint_.read(name + ".weight", std::array{size});
    if (!gamma) return gamma.status();
    auto beta = checkpoint_.read(name + ".bias", std::array{size});
    if (!beta) return beta.status();
    out = {copy(gamma->values(), arena_), copy(beta->values(), arena_)};
    return {};
  }

  /// A head's layer, in fp32.
  Status head(const std::string& name, std::int64_t n, std::int64_t k, Linear& out) const {
    return linear(name, n, k, Precision::kFp32, {}, out);
  }

  /// `input`: what the layer's inputs are like, so that int8 weights can be balanced with them;
  /// empty: not known.
  Status linear(
      const std::string& name, std::int64_t n, std::int64_t k, Precision precision,
      std::span<const float> input, Linear& out
  ) const {
    auto weight = read(name, n, k, out);
    if (!weight) return weight.status();
    const std::span<const float> rows = weight->values();
    balance({&rows, 1}, input, out);
    pack(kernels_, rows, precision, out, arena_, pool_);
    return {};
  }

  /// Query, and key and value as the outputs of one layer. All three read the same inputs.
  Status query_key_value(
      const std::array<std::string, 3>& parts, std::int64_t hidden, Precision precision,
      std::span<const float> input, LayerWeights& out
  ) const {
    auto query = read(parts[0], hidden, hidden, out.query);
    if (!query) return query.status();
    Linear key_bias;
    auto key = read(parts[1], hidden, hidden, key_bias);
    if (!key) return key.status();
    Linear value_bias;
    auto value = read(parts[2], hidden, hidden, value_bias);
    if (!value) return value.status();

    const std::array rows{query->values(), key->values(), value->values()};
    balance(rows, input, out.query);
    pack(kernels_, rows[0], precision, out.query, arena_, pool_);

    Linear& joined = out.key_value;
    joined.n = 2 * out.query.n;
    joined.k = out.query.k;
    joined.bias = AlignedBuffer(joined.n, arena_);
    join(key_bias.bias.values(), value_bias.bias.values(), joined.bias);
    if (out.query.input_factor.size() != 0)
      joined.input_factor = copy(out.query.input_factor.values(), arena_);
    AlignedBuffer weight(joined.n * joined.k);
    join(rows[1], rows[2], weight);
    pack(kernels_, weight.values(), precision, joined, arena_, pool_);
    return {};
  }

 private:
  /// The weights, and what of `out` is known before they are packed.
  Result<FloatTensor> read(const std::string& name, std::int64_t n, std::int64_t k, Linear& out)
      const {
    out.n = static_cast<std::size_t>(n);
    out.k = static_cast<std::size_t>(k);
    auto weight = checkpoint_.read(name + ".weight", std::array{n, k});
    if (!weight) return weight;
    auto bias = checkpoint_.read(name + ".bias", std::array{n});
    if (!bias) return bias;
    out.bias = copy(bias->values(), arena_);
    return weight;
  }

  /// Chooses the input factors of layers that read the same inputs.
  void balance(
      std::span<const std::span<const float>> weights, std::span<const float> input, Linear& out
  ) const {
    if (input.empty()) return;
    out.input_factor = AlignedBuffer(out.k, arena_);
    balance_inputs(input, column_peaks(weights, out.k, pool_), out.input_factor.values());
  }

  const Checkpoint& checkpoint_;
  Arena& arena_;
  const Kernels& kernels_;
  ThreadPool& pool_;
};

/// `probe` shows what int8 products will read; null where there are none.
Status read_layer(
    const Reader& reader, const NativeWeights& weights, int index, Probe* probe, LayerWeights& out
) {
  const Family& family = reader.names.family();
  const HfConfig& config = weights.config;
  const Precision precision = weights.precision.layer(static_cast<std::size_t>(index));
  const bool balanced = precision == Precision::kInt8;
  const std::int64_t hidden = config.hidden_size;
  const std::int64_t inner = config.intermediate_size;
  const auto name = [&](std::string_view pattern) { return reader.names.layer(pattern, index); };
  std::span<const float> input;
  if (balanced) input = probe->layer_input();
  MARTLET_RETURN_IF_ERROR(reader.query_key_value(
      {name(family.query), name(family.key), name(family.value)}, hidden, precision, input, out
  ));
  MARTLET_RETURN_IF_ERROR(
      reader.linear(name(family.attention_out), hidden, hidden, precision, {}, out.attention_out)
  );
  MARTLET_RETURN_IF_ERROR(reader.norm(name(family.attention_norm), hidden, out.attention_norm));
  if (probe != nullptr) input = probe->ff_input(out);
  MARTLET_RETURN_IF_ERROR(reader.linear(
      name(family.ff_in), inner, hidden, precision, balanced ? input : std::span<const float>{},
      out.ff_in
  ));
  MARTLET_RETURN_IF_ERROR(
      reader.linear(name(family.ff_out), hidden, inner, precision, {}, out.ff_out)
  );
  MARTLET_RETURN_IF_ERROR(reader.norm(name(family.ff_norm), hidden, out.ff_norm));
  if (probe != nullptr) probe->finish_layer(out);
  return {};
}

bool any_int8(const NativeWeights& weights) {
  for (std::size_t i = 0; i < weights.layers.size(); ++i) {
    if (weights.precision.layer(i) == Precision::kInt8) return true;
  }
  return false;
}

Status read_layers(
    const Reader& reader, const Kernels& kernels, ThreadPool& pool, NativeWeights& out
) {
  out.layers.resize(static_cast<std::size_t>(out.config.layers));
  std::optional<Probe> probe;
  if (any_int8(out)) probe.emplace(out, kernels, pool);
  for (int i = 0; i < out.config.layers; ++i) {
    MARTLET_RETURN_IF_ERROR(read_layer(
        reader, out, i, probe ? &*probe : nullptr, out.layers[static_cast<std::size_t>(i)]
    ));
  }
  return {};
}

Status read_embeddings(const Reader& reader, NativeWeights& out) {
  const WeightNames& names = reader.names;
  const Family& family = names.family();
  const HfConfig& config = out.config;
  auto word =
      reader.table(names.base(family.word_embeddings), config.vocab_size, config.embedding_size);
  if (!word) return word.status();
  out.word_embeddings.floats = std::move(*word);
  auto positions = read_positions(names, out.checkpoint, config);
  if (!positions) return positions.status();
  out.position_embeddings = std::move(*positions);
  auto types = read_types(names, out.checkpoint, config);
  if (!types) return types.status();
  out.type_embeddings = std::move(*types);
  auto bias = read_relative_bias(names, out.checkpoint, config);
  if (!bias) return bias.status();
  out.relative_bias = std::move(*bias);
  MARTLET_RETURN_IF_ERROR(
      reader.norm(names.base(family.embedding_norm), config.embedding_size, out.embedding_norm)
  );
  if (config.embedding_size == config.hidden_size) return {};
  return reader.head(
      names.base(family.embedding_projection), config.hidden_size, config.embedding_size,
      out.embedding_projection.emplace()
  );
}

/// Halves instead of floats, unless a value is too large for them.
void halve(WordEmbeddings& words, const Kernels& kernels, ThreadPool& pool) {
  constexpr std::size_t kBlock = 1 << 16;
  const std::span<const float> from = words.floats.values();
  AlignedBuffer buffer((from.size() + 1) / 2);
  auto* halves = reinterpret_cast<std::uint16_t*>(buffer.data());
  std::atomic<std::size_t> next{0};
  std::atomic<bool> fits{true};
  pool.run([&](Team&) {
    for (std::size_t at = next.fetch_add(kBlock); at < from.size(); at = next.fetch_add(kBlock)) {
      const std::size_t count = std::min(kBlock, from.size() - at);
      kernels.embed.to_f16(from.data() + at, count, halves + at);
      const auto overflows = [](std::uint16_t half) { return (half & 0x7C00U) == 0x7C00U; };
      if (std::any_of(halves + at, halves + at + count, overflows)) fits = false;
    }
  });
  if (!fits) return;
  words.halves = std::move(buffer);
  words.floats = {};
}

bool is_low(const PrecisionPlan& plan, std::size_t layers) {
  for (std::size_t i = 0; i < layers; ++i) {
    if (plan.layer(i) == Precision::kFp32) return false;
  }
  return true;
}

Status read_heads(const Reader& reader, NativeWeights& out) {
  const Family& family = reader.names.family();
  const std::int64_t hidden = out.config.hidden_size;
  if (!family.pooler.empty() && reader.names.has(reader.names.base(family.pooler))) {
    MARTLET_RETURN_IF_ERROR(
        reader.head(reader.names.base(family.pooler), hidden, hidden, out.pooler.emplace())
    );
  }
  const std::string classifier = reader.names.classifier(out.config);
  if (!reader.names.has(classifier)) return {};
  const auto labels = static_cast<std::int64_t>(out.config.labels.size());
  MARTLET_RETURN_IF_ERROR(reader.head(classifier, labels, hidden, out.classifier));
  out.head_activation = family.head_activation;
  out.head = is_token_classifier(out.config) ? HeadKind::kToken : HeadKind::kSequence;
  if (out.head == HeadKind::kToken) return {};
  if (family.head_dense_in_prefix && family.head_dense == family.pooler && out.pooler) return {};
  return reader.head(reader.names.head_dense(), hidden, hidden, out.head_dense.emplace());
}

}  // namespace

Result<NativeWeights> load_native_weights(
    const std::filesystem::path& directory, const WeightOptions& options, const Kernels& kernels,
    ThreadPool& pool
) {
  auto config = load_hf_config(directory);
  if (!config) return config.status();
  const auto architecture = find_architecture(*config, (directory / "config.json").string());
  if (!architecture) return architecture.status();
  auto checkpoint = Checkpoint::open(directory, options.adapter);
  if (!checkpoint) return checkpoint.status();

  NativeWeights weights(std::move(*config), architecture->activation, std::move(*checkpoint));
  weights.precision = options.precision;
  const Reader reader(weights, *architecture->family, kernels, pool);
  MARTLET_RETURN_IF_ERROR(read_embeddings(reader, weights));
  MARTLET_RETURN_IF_ERROR(read_heads(reader, weights));

  try {
    MARTLET_RETURN_IF_ERROR(read_layers(reader, kernels, pool, weights));
  } catch (const std::bad_alloc&) {
    return error(
        StatusCode::kResourceExhausted, directory.string(), "out of memory while packing weights"
    );
  }
  if (is_low(weights.precision, weights.layers.size()))
    halve(weights.word_embeddings, kernels, pool);
  weights.checkpoint.release_pages();  // packed copies are what is read from now on
  return weights;
}

}  // namespace martlet

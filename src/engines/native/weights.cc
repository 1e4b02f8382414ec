#include "engines/native/weights.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <utility>

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

/// Packs layers for the level that runs.
class Packer {
 public:
  Packer(Arena& arena, const Kernels& kernels, ThreadPool& pool)
      : arena_(arena), kernels_(kernels), pool_(pool) {}

  [[nodiscard]] Norm norm(const NormTensors& tensors) const {
    return {copy(tensors.gamma.values(), arena_), copy(tensors.beta.values(), arena_)};
  }

  /// A head's layer, in fp32.
  [[nodiscard]] Linear head(const DenseTensors& tensors) const {
    return linear(tensors, Precision::kFp32, {});
  }

  /// `input`: what the layer's inputs are like, so that int8 weights can be balanced with them;
  /// empty: not known.
  [[nodiscard]] Linear linear(
      const DenseTensors& tensors, Precision precision, std::span<const float> input
  ) const {
    Linear out = shaped(tensors);
    const std::span<const float> rows = tensors.weight.values();
    balance({&rows, 1}, input, out);
    pack(kernels_, rows, precision, out, arena_, pool_);
    return out;
  }

  /// Query, and key and value as the outputs of one layer. All three read the same inputs.
  void query_key_value(
      const LayerTensors& tensors, Precision precision, std::span<const float> input,
      LayerWeights& out
  ) {
    const std::array rows{
        tensors.query.weight.values(), tensors.key.weight.values(), tensors.value.weight.values()
    };
    out.query = shaped(tensors.query);
    balance(rows, input, out.query);
    pack(kernels_, rows[0], precision, out.query, arena_, pool_);

    Linear& joined = out.key_value;
    joined.n = 2 * out.query.n;
    joined.k = out.query.k;
    joined.bias = AlignedBuffer(joined.n, arena_);
    join(tensors.key.bias.values(), tensors.value.bias.values(), joined.bias);
    share_factor(out.query, joined);
    if (joined_.size() != joined.n * joined.k) joined_ = AlignedBuffer(joined.n * joined.k);
    join(rows[1], rows[2], joined_);
    pack(kernels_, joined_.values(), precision, joined, arena_, pool_);
  }

  /// ff_in and its gate, which read the same inputs.
  void ff_in(
      const LayerTensors& tensors, Precision precision, std::span<const float> input,
      LayerWeights& out
  ) const {
    if (!tensors.ff_gate) {
      out.ff_in = linear(tensors.ff_in, precision, input);
      return;
    }
    const std::array rows{tensors.ff_in.weight.values(), tensors.ff_gate->weight.values()};
    out.ff_in = shaped(tensors.ff_in);
    balance(rows, input, out.ff_in);
    pack(kernels_, rows[0], precision, out.ff_in, arena_, pool_);
    Linear& gate = out.ff_gate.emplace(shaped(*tensors.ff_gate));
    share_factor(out.ff_in, gate);
    pack(kernels_, rows[1], precision, gate, arena_, pool_);
  }

  /// What a layer of `weights` makes of its embeddings of distances; empty where it has none.
  [[nodiscard]] std::vector<DistanceTables> distances(
      const NativeWeights& weights, const LayerTensors& tensors
  ) const {
    if (weights.distance_rows.empty()) return {};
    return DistancePacker(weights.config, kernels_, arena_, pool_)
        .pack(weights.distances.values(), tensors);
  }

 private:
  /// What is known before the weights are packed.
  [[nodiscard]] Linear shaped(const DenseTensors& tensors) const {
    Linear out;
    out.n = static_cast<std::size_t>(tensors.outputs);
    out.k = static_cast<std::size_t>(tensors.inputs);
    out.bias = copy(tensors.bias.values(), arena_);
    return out;
  }

  void share_factor(const Linear& from, Linear& to) const {
    if (from.input_factor.size() != 0) to.input_factor = copy(from.input_factor.values(), arena_);
  }

  /// Chooses the input factors of layers that read the same inputs.
  void balance(
      std::span<const std::span<const float>> weights, std::span<const float> input, Linear& out
  ) const {
    if (input.empty()) return;
    out.input_factor = AlignedBuffer(out.k, arena_);
    balance_inputs(input, column_peaks(weights, out.k, pool_), out.input_factor.values());
  }

  Arena& arena_;
  const Kernels& kernels_;
  ThreadPool& pool_;
  AlignedBuffer joined_;  // key's weights, then value's: every layer's in turn
};

/// `probe` shows what int8 products will read; null where there are none.
void pack_layer(
    Packer& packer, const LayerTensors& tensors, Precision precision, Probe* probe,
    LayerWeights& out
) {
  const bool balanced = precision == Precision::kInt8;
  std::span<const float> input;
  if (balanced) input = probe->layer_input();
  packer.query_key_value(tensors, precision, input, out);
  out.attention_out = packer.linear(tensors.attention_out, precision, {});
  out.attention_norm = packer.norm(tensors.attention_norm);
  if (probe != nullptr) input = probe->ff_input(out);
  packer.ff_in(tensors, precision, balanced ? input : std::span<const float>{}, out);
  out.ff_out = packer.linear(tensors.ff_out, precision, {});
  out.ff_norm = packer.norm(tensors.ff_norm);
  if (probe != nullptr) probe->finish_layer(out);
}

bool any_int8(const NativeWeights& weights) {
  for (std::size_t i = 0; i < weights.layers.size(); ++i) {
    if (weights.precision.layer(i) == Precision::kInt8) return true;
  }
  return false;
}

void place_rotary(std::size_t index, const NativeWeights& weights, LayerWeights& out) {
  if (!weights.rotary) return;
  out.window = static_cast<std::size_t>(weights.config.rotary.window_of(index));
  out.rotary = out.window == 0 ? &weights.rotary->full : &weights.rotary->local;
}

/// The layer before `index` that has the same weights in the same precision; null: none has.
std::shared_ptr<const LayerWeights> find_twin(const NativeWeights& weights, std::size_t index) {
  const auto kind = [&](std::size_t i) {
    return std::pair(weights.config.weights_of(static_cast<int>(i)), weights.precision.layer(i));
  };
  for (std::size_t i = 0; i < index; ++i) {
    if (kind(i) == kind(index)) return weights.layers[i];
  }
  return nullptr;
}

Status read_layers(
    const FamilyTensors& reader, Packer& packer, std::optional<Probe>& probe, NativeWeights& out
) {
  for (std::size_t i = 0; i < out.layers.size(); ++i) {
    out.layers[i] = find_twin(out, i);
    if (out.layers[i] == nullptr) {
      LayerTensors tensors;
      MARTLET_RETURN_IF_ERROR(reader.layer(static_cast<int>(i), tensors));
      auto layer = std::make_shared<LayerWeights>();
      place_rotary(i, out, *layer);
      layer->distances = packer.distances(out, tensors);
      pack_layer(packer, tensors, out.precision.layer(i), probe ? &*probe : nullptr, *layer);
      out.layers[i] = std::move(layer);
    } else if (probe) {
      static_cast<void>(probe->ff_input(*out.layers[i]));  // on the way to what comes behind it
      probe->finish_layer(*out.layers[i]);
    }
  }
  return {};
}

Status read_embeddings(const FamilyTensors& reader, const Packer& packer, NativeWeights& out) {
  EmbeddingTensors tensors;
  MARTLET_RETURN_IF_ERROR(reader.embeddings(tensors));
  out.embedding_norm = packer.norm(tensors.norm);
  if (tensors.projection) out.embedding_projection = packer.head(*tensors.projection);
  out.word_embeddings = WordEmbeddings(std::move(tensors.words));
  out.position_embeddings = std::move(tensors.positions);
  out.type_embeddings = std::move(tensors.types);
  out.relative_bias = std::move(tensors.relative_bias);
  out.distances = std::move(tensors.distances);
  out.distance_rows = distance_rows(out.config.distances, out.config.max_length());
  return {};
}

bool is_low(const PrecisionPlan& plan, std::size_t layers) {
  for (std::size_t i = 0; i < layers; ++i) {
    if (plan.layer(i) == Precision::kFp32) return false;
  }
  return true;
}

Status read_heads(
    const FamilyTensors& reader, const Packer& packer, const Family& family, NativeWeights& out
) {
  HeadTensors tensors;
  MARTLET_RETURN_IF_ERROR(reader.heads(tensors));
  if (tensors.pooler) out.pooler = packer.head(*tensors.pooler);
  if (!tensors.classifier) return {};
  out.classifier = packer.head(*tensors.classifier);
  out.head = tensors.tokens ? HeadKind::kToken : HeadKind::kSequence;
  const bool is_pooler = family.head_dense_in_prefix && out.pooler;
  if (tensors.dense && !is_pooler) out.head_dense = packer.head(*tensors.dense);
  if (tensors.norm) out.head_norm = packer.norm(*tensors.norm);
  return {};
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

  NativeWeights weights(std::move(*config), *architecture, std::move(*checkpoint));
  weights.precision = options.precision;
  const FamilyTensors reader(weights.checkpoint, *architecture->family, weights.config);
  Packer packer(weights.arena, kernels, pool);
  try {
    MARTLET_RETURN_IF_ERROR(read_embeddings(reader, packer, weights));
    MARTLET_RETURN_IF_ERROR(read_heads(reader, packer, *architecture->family, weights));
    weights.rotary = make_rotary_tables(weights.config, pool);
    weights.layers.resize(static_cast<std::size_t>(weights.config.layers));
    std::optional<Probe> probe;
    if (any_int8(weights)) probe.emplace(weights, kernels, pool);
    MARTLET_RETURN_IF_ERROR(read_layers(reader, packer, probe, weights));
    if (is_low(weights.precision, weights.layers.size()))
      weights.word_embeddings.use_halves(kernels.embed);
  } catch (const std::bad_alloc&) {
    return error(
        StatusCode::kResourceExhausted, directory.string(), "out of memory while packing weights"
    );
  }
  weights.checkpoint.release_pages();  // packed copies are what is read from now on
  return weights;
}

}  // namespace martlet

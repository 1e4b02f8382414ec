// The interface every engine that eats tokens stands behind: ragged token ids in, fp32 rows out.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "martlet/export.h"
#include "martlet/status.h"

namespace martlet {

/// Sequences one after the other; there is no padding in martlet's own data. Does not own.
struct TokenBatch {
  std::span<const int32_t> ids;       // [tokens]
  std::span<const int32_t> type_ids;  // [tokens], or empty: all 0
  std::span<const int32_t> starts;    // [sequences + 1], starts[0] == 0

  [[nodiscard]] std::size_t sequences() const noexcept {
    return starts.empty() ? 0 : starts.size() - 1;
  }
};

/// What a run gives back, one row of fp32 each.
enum class OutputKind {
  kLogits,  // the classification head's output: per sequence, or per token for a token head
  kTokens,  // last hidden state of every token                         [tokens, hidden_size]
  kCls,     // last hidden state of every sequence's first token        [sequences, hidden_size]
  kMean,    // mean of last hidden states over a sequence               [sequences, hidden_size]
  kMax,     // element-wise maximum of them                             [sequences, hidden_size]
  kPooler,  // the model's own pooler (dense + tanh on the first token) [sequences, hidden_size]
};

struct EncoderInfo {
  std::string engine;      // "native"
  std::string isa;         // "avx512"
  std::string precision;   // "fp32"
  std::string model_type;  // "bert"
  int32_t hidden_size = 0;
  int32_t vocab_size = 0;
  int32_t max_length = 0;       // positions the model has
  int32_t type_vocab_size = 0;  // 0: the model takes no type ids
  int32_t labels = 0;           // width of the logits; 0: no head
  bool token_logits = false;    // the head classifies tokens, not sequences
  bool pooler = false;          // kPooler is there
};

struct RunOptions {
  OutputKind output = OutputKind::kLogits;
  /// Threads for this call; 1: the calling thread alone; 0: all of the encoder's.
  int threads = 0;
};

/// rows x columns, row-major. Reused between calls, it stops allocating.
struct EncoderOutput {
  std::vector<float> values;
  std::size_t rows = 0;
  std::size_t columns = 0;

  [[nodiscard]] std::span<const float> row(std::size_t index) const noexcept {
    return {values.data() + index * columns, columns};
  }
};

/// A loaded model. Immutable after loading: `run` is safe to call from many threads, which share
/// the weights. A sequence's result does not depend on its neighbours in the batch or on the number
/// of threads, to the bit.
class MARTLET_API Encoder {
 public:
  virtual ~Encoder() = default;
  [[nodiscard]] virtual const EncoderInfo& info() const noexcept = 0;
  /// kInvalidArgument for ids, type ids or lengths the model does not have, an empty sequence, or
  /// an output it has no head for; `output` is then unchanged.
  virtual Status run(const TokenBatch& batch, const RunOptions& options, EncoderOutput& output) = 0;
};

struct EncoderOptions {
  std::string engine = "native";
  std::string precision = "auto";  // fp32, bf16, int8, or auto: fp32
  /// Threads of a run; 0: as many as this process may use.
  int threads = 0;
  /// A PEFT LoRA adapter directory to merge at load; empty: none.
  std::filesystem::path adapter{};
  /// The engine's own settings by name; native has none.
  std::map<std::string, std::string> settings{};
};

/// Loads the model in `directory` (Hugging Face layout), or a graph file (.onnx, .xml) for an
/// engine that takes one, with the engine that `options` names.
MARTLET_API Result<std::unique_ptr<Encoder>> load_encoder(
    const std::filesystem::path& directory, const EncoderOptions& options = {}
);

}  // namespace martlet

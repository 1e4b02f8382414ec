// A group of sequences on its way through the network, as one rank of a team sees it.
#pragma once

#include <cstddef>

#include "engines/native/rank_steps.h"
#include "martlet/encoder.h"

namespace martlet {

/// Sequences [begin, end) of a batch.
struct Chunk {
  std::size_t begin = 0;
  std::size_t end = 0;
};

inline std::size_t tokens(const TokenBatch& batch, const Chunk& chunk) {
  return static_cast<std::size_t>(batch.starts[chunk.end] - batch.starts[chunk.begin]);
}

/// What all groups of a run share.
struct PassContext {
  const NativeWeights& weights;
  const Kernels& kernels;
  const TokenBatch& batch;
  Team& team;
  StepTimer& timer;
  WeightStream* stream = nullptr;  // null: weights come when products read them
};

class GroupPass {
 public:
  /// `activations` begin at the group's first row.
  GroupPass(const PassContext& context, const Chunk& group, const Activations& activations);

  /// Every rank calls the same members in the same order: embed, the parts of a layer after the
  /// other, write.
  void embed();
  /// input as `reader` will read it. The parts leave it so for the part that follows; this is for
  /// who goes another way.
  void prepare(const Linear& reader);
  /// The attention sublayer, from x to x.
  void attend(const LayerWeights& layer);
  /// The first half of the other sublayer, from x to inner.
  void ff_in(const LayerWeights& layer);
  /// The second half, to x. `next` will read x, if there is a next layer.
  void ff_out(const LayerWeights& layer, const Linear* next);
  /// The last layer where only first tokens are read, of families whose norms come last: keys and
  /// values of every row, the rest for one row a sequence. Afterwards row i of x belongs to
  /// sequence i. Exact: rows do not depend on each other.
  void run_layer_first_tokens(const LayerWeights& layer);
  /// The group's rows of `output`.
  void write(OutputKind kind, EncoderOutput& output);

 private:
  /// How queries, keys and values lie, in floats: as rows of all heads in qkv; or, in low
  /// precision, every head as a matrix of its own, a rank's heads in a place of its own. In rows
  /// one rank's prefetchers take lines away that another rank is writing.
  struct HeadLayout {
    float* place;            // of the queries of head first_head
    std::size_t first_head;  // 0, or this rank's
    std::size_t row;         // from a head's row to the next
    std::size_t head;        // from a head to the next
    std::size_t part;        // from the queries to the keys, and from these to the values
    std::size_t whole;  // from a row of all heads to the next, where whole rows are kept in qkv
    std::size_t band;   // a product's c_band

    [[nodiscard]] float* queries_of(std::size_t index) const {
      return place + (index - first_head) * head;
    }
  };
  struct Queries {
    const float* q;  // of head first_head
    std::size_t first_head;
    std::size_t q_stride;
    std::size_t head_stride;
    std::size_t count;
    std::size_t context_row;
  };

  [[nodiscard]] std::size_t start(std::size_t sequence) const {
    return static_cast<std::size_t>(batch_.starts[sequence]);
  }
  /// First row of a sequence of the group, and how many rows it has.
  [[nodiscard]] std::size_t row(std::size_t sequence) const {
    return start(group_.begin + sequence) - first_;
  }
  [[nodiscard]] std::size_t length(std::size_t sequence) const {
    return row(sequence + 1) - row(sequence);
  }

  [[nodiscard]] HeadLayout head_layout(const LayerWeights& layer) const;
  /// Where nobody but this rank reads or writes while queries, keys and values are needed, and what
  /// it used last: its rows of inner. Null where it has none, or they are too few.
  [[nodiscard]] float* own_place() const;

  [[nodiscard]] std::size_t embedding_size() const {
    return static_cast<std::size_t>(weights_.config.embedding_size);
  }
  /// To x: the rows' positions count on from `position`.
  void embed_rows(std::size_t begin, std::size_t end, std::size_t position);
  void project_embeddings(const Linear& projection);
  void normalize(const Norm& norm, std::size_t rows, const Linear* reader);
  /// Whether every rank computes queries, keys and values of heads of its own, for all rows: they
  /// then stay in its cache, and attention waits for nobody. Else all ranks share all heads.
  [[nodiscard]] bool by_heads(const LayerWeights& layer) const;
  /// Where rows were split so far, other ranks still write rows that own heads are computed from.
  void begin_heads(const LayerWeights& layer);
  /// A product whose outputs are heads, hidden_ or twice hidden_ columns of them.
  void multiply_heads(const LayerWeights& layer, const Product& product, std::size_t rows);
  /// Keys and values of every row, behind the place of the queries.
  void key_value(const LayerWeights& layer);
  /// Attention of every (sequence, head) after the ranks' queries, keys and values;
  /// `queries_of(sequence)` names the query rows and the context rows they are written to.
  template <class QueriesOf>
  void attend_heads(const LayerWeights& layer, const QueriesOf& queries_of);
  /// Of some heads of one sequence.
  void attend_sequence(
      const LayerWeights& layer, std::size_t sequence, Range heads, const Queries& queries
  );
  /// Turns the head's queries and keys by their positions, where they are. Nobody else reads them.
  void rotate_head(const LayerWeights& layer, std::size_t sequence, std::size_t head);
  /// Attention that reaches no further than the layer's window.
  void attend_window(
      const AttentionKernels& attention, const AttentionF32& whole, std::size_t window
  );
  /// inner times gate.
  void apply_gate(const LayerWeights& layer, std::size_t rows);
  /// From context to x; `residual` is the layer's input at the same rows.
  void attention_out(
      const LayerWeights& layer, const float* residual, std::size_t residual_stride,
      std::size_t rows
  );
  void ff_in(const LayerWeights& layer, std::size_t rows);
  void ff_out(const LayerWeights& layer, std::size_t rows, const Linear* next);

  void apply_head(
      const Linear& linear, const float* from, float* to, std::size_t stride, Activation activation,
      std::size_t rows
  );
  void normalize_head(const Norm& norm, std::size_t rows);
  void classify(
      const float* features, std::size_t rows, std::size_t output_row, EncoderOutput& output
  );
  void copy_rows(
      const float* from, std::size_t rows, std::size_t output_row, EncoderOutput& output
  );
  void pool(OutputKind kind, float* out, std::size_t stride);
  void pool(OutputKind kind, std::size_t sequence, float* out);
  const float* sequence_rows(bool mean);

  const NativeWeights& weights_;
  const Kernels& kernels_;
  const TokenBatch& batch_;
  Team& team_;
  StepTimer& timer_;
  const Chunk group_;
  const Activations w_;
  RankSteps steps_;
  std::size_t hidden_;
  std::size_t heads_;
  std::size_t first_;  // token of the batch that is row 0 here
  std::size_t tokens_;
  std::size_t sequences_;
};

}  // namespace martlet

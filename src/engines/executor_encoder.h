// An Encoder over any graph: pads what the graph wants padded, and takes the padding out of what
// comes back.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "martlet/encoder.h"
#include "martlet/executor.h"

namespace martlet {

/// Loads the graph for runs of so many threads; 0: as many as the process may use.
using ExecutorFactory = std::function<Result<std::unique_ptr<Executor>>(int threads)>;

/// Unlike in the native engine, a sequence's result may depend on its neighbours in the last bits:
/// engines choose their kernels by the size of a batch.
class ExecutorEncoder final : public Encoder {
 public:
  /// `info` is what is known of the model; the graph's outputs complete it. kUnsupported for a
  /// graph that takes anything but ids, mask, type ids and positions, or gives neither logits nor
  /// token vectors.
  static Result<std::unique_ptr<Encoder>> make(
      EncoderInfo info, ExecutorFactory factory, int threads
  );

  [[nodiscard]] const EncoderInfo& info() const noexcept override { return info_; }
  Status run(const TokenBatch& batch, const RunOptions& options, EncoderOutput& output) override;

 private:
  enum class Role { kIds, kMask, kTypeIds, kPositions };
  struct Input {
    std::string name;
    TensorType type;
    Role role;
  };
  /// Sequences that run together, padded to one length.
  struct Group {
    std::size_t begin = 0;
    std::size_t end = 0;
    std::size_t length = 0;
  };
  /// What a run was asked for.
  struct Call {
    const TokenBatch& batch;
    OutputKind kind;
    Executor& executor;
    const std::vector<std::size_t>& order;  // the scratch's
  };
  /// What one call in flight needs; reused by later calls.
  struct Scratch {
    std::vector<std::size_t> order;  // sequences, longest first
    std::vector<Group> groups;       // of `order`
    std::vector<std::vector<std::byte>> buffers;
    std::vector<NamedTensor> outputs;
    std::vector<float> values;
  };

  ExecutorEncoder(EncoderInfo info, ExecutorFactory factory, int threads);
  Status read_signature();
  Status add_input(const TensorInfo& info);
  Status add_output(const TensorInfo& info);

  [[nodiscard]] Status check(const TokenBatch& batch, OutputKind kind) const;
  Result<Executor*> executor_for(int threads);
  void form_groups(const TokenBatch& batch, Scratch& scratch) const;
  Status run_group(const Call& call, const Group& group, Scratch& scratch) const;
  void fill(
      const Call& call, const Group& group, const Input& input, std::vector<std::byte>& buffer
  ) const;
  Status scatter(const Call& call, const Group& group, Scratch& scratch, EncoderOutput& output)
      const;
  [[nodiscard]] const std::string& output_for(OutputKind kind) const;
  /// Whether the answer has a row for each token, not one for each sequence.
  [[nodiscard]] bool keeps_tokens(OutputKind kind) const;
  [[nodiscard]] std::size_t columns(OutputKind kind) const;

  std::unique_ptr<Scratch> take_scratch();
  void give_back(std::unique_ptr<Scratch> scratch);

  EncoderInfo info_;
  std::string where_;
  ExecutorFactory factory_;
  int threads_;
  std::vector<Input> inputs_;
  bool masked_ = false;           // the graph takes a mask, so it can be given padding
  std::size_t fixed_rows_ = 0;    // 0: any number
  std::size_t fixed_length_ = 0;  // 0: any
  std::string logits_;            // names of outputs; empty: the graph has none
  std::string tokens_;
  std::string pooler_;

  std::unique_ptr<Executor> executor_;  // of threads_ threads
  std::mutex mutex_;                    // of the two below
  std::unique_ptr<Executor> single_;    // of one, made when first asked for
  std::vector<std::unique_ptr<Scratch>> idle_;
};

}  // namespace martlet

// martlet's own engine: packed rows, packed weights, no padding.
#pragma once

#include <atomic>
#include <filesystem>
#include <memory>
#include <mutex>
#include <vector>

#include "core/thread_pool.h"
#include "engines/native/forward.h"
#include "engines/native/weights.h"
#include "martlet/encoder.h"

namespace martlet {

class NativeEncoder final : public Encoder {
 public:
  static Result<std::unique_ptr<Encoder>> load(
      const std::filesystem::path& directory, const EncoderOptions& options
  );
  /// With a precision for every layer instead of the one that `options` names.
  static Result<std::unique_ptr<NativeEncoder>> load(
      const std::filesystem::path& directory, const EncoderOptions& options,
      const PrecisionPlan& precision
  );

  [[nodiscard]] const EncoderInfo& info() const noexcept override { return info_; }
  Status run(const TokenBatch& batch, const RunOptions& options, EncoderOutput& output) override {
    return run(batch, options, output, nullptr);
  }
  /// The same; adds to `times` what every step took, all ranks together. Null: nowhere.
  Status run(
      const TokenBatch& batch, const RunOptions& options, EncoderOutput& output, StepTimes* times
  );

 private:
  /// What one call in flight needs; reused by later calls.
  struct Scratch {
    std::vector<Workspace> workspaces;  // one a rank
    std::vector<Chunk> chunks;
    std::vector<StepTimes> times;  // one a rank, of calls that are measured
  };

  NativeEncoder(NativeWeights weights, const Kernels& kernels, std::unique_ptr<ThreadPool> pool);

  [[nodiscard]] Status check(const TokenBatch& batch, OutputKind kind) const;
  [[nodiscard]] std::size_t columns(OutputKind kind) const;
  void cut(const TokenBatch& batch, int ranks, std::vector<Chunk>& chunks) const;
  void run_chunks(
      const TokenBatch& batch, OutputKind kind, int ranks, Scratch& scratch, EncoderOutput& output
  );
  void run_together(
      const TokenBatch& batch, OutputKind kind, int ranks, Scratch& scratch, EncoderOutput& output
  );

  std::unique_ptr<Scratch> take_scratch();
  void give_back(std::unique_ptr<Scratch> scratch);

  NativeWeights weights_;
  const Kernels& kernels_;
  std::unique_ptr<ThreadPool> pool_;
  Forward forward_;
  EncoderInfo info_;

  std::mutex mutex_;
  std::vector<std::unique_ptr<Scratch>> idle_;  // guarded by mutex_
};

}  // namespace martlet

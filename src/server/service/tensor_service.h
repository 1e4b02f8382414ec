// What a served model is asked that takes tensors by the names its graph has.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "martlet/executor.h"
#include "martlet/status.h"
#include "server/service/request.h"

namespace martlet {

class RequestHandle;

struct TensorRequest {
  std::vector<NamedTensor> inputs;   // all of the graph's
  std::vector<std::string> outputs;  // of the graph's, in the answer's order
};

class TensorService {
 public:
  /// The outputs as the graph gives them. Called exactly once; see ServedModel::Callback.
  using Callback =
      std::function<void(Result<std::vector<NamedTensor>>&& outputs, const RequestFacts& facts)>;

  virtual ~TensorService() = default;

  /// Returns at once. The request runs as it is, not in a batch with others: what a graph's first
  /// dimension means is not known. Failures are those of ServedModel::submit.
  virtual std::shared_ptr<RequestHandle> submit_tensors(
      TensorRequest request, const RequestOptions& options, Callback callback
  ) = 0;
};

}  // namespace martlet

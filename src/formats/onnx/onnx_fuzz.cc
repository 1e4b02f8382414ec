// The reader on any bytes: no crash, tensors inside the input, and a model that is understood is
// written and read back as the same.
#include <cstdlib>

#include "formats/onnx/reader.h"
#include "formats/onnx/writer.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace onnx = martlet::onnx;
  const auto bytes = std::as_bytes(std::span(data, size));
  const auto model = onnx::parse_model(bytes, "fuzz");
  if (!model) return 0;
  for (const onnx::Tensor* tensor : onnx::all_tensors(*model)) {
    if (tensor->data.empty()) continue;
    const bool inside = tensor->data.data() >= bytes.data() &&
                        tensor->data.data() + tensor->data.size() <= bytes.data() + bytes.size();
    if (!inside) std::abort();
  }
  const auto written = onnx::serialize_model(*model);
  if (!written) return 0;
  const auto again = onnx::parse_model(std::as_bytes(std::span(*written)), "again");
  if (!again || again->graph.nodes.size() != model->graph.nodes.size() ||
      again->graph.initializers.size() != model->graph.initializers.size()) {
    std::abort();
  }
  return 0;
}

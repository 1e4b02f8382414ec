// Field numbers of onnx.proto, by message.
#pragma once

#include <cstdint>

namespace martlet::onnx::fields {

namespace model {
enum : std::uint32_t {
  kIrVersion = 1,
  kProducer = 2,
  kProducerVersion = 3,
  kGraph = 7,
  kOpset = 8,
  kMetadata = 14,
  kTraining = 20,
  kFunction = 25,
};
}
namespace opset {
enum : std::uint32_t { kDomain = 1, kVersion = 2 };
}
namespace entry {
enum : std::uint32_t { kKey = 1, kValue = 2 };
}
namespace graph {
enum : std::uint32_t {
  kNode = 1,
  kName = 2,
  kInitializer = 5,
  kInput = 11,
  kOutput = 12,
  kSparseInitializer = 15,
};
}
namespace node {
enum : std::uint32_t { kInput = 1, kOutput = 2, kName = 3, kOp = 4, kAttribute = 5, kDomain = 7 };
}
namespace attribute {
enum : std::uint32_t {
  kName = 1,
  kFloat = 2,
  kInt = 3,
  kString = 4,
  kTensor = 5,
  kGraph = 6,
  kFloats = 7,
  kInts = 8,
  kStrings = 9,
  kTensors = 10,
  kGraphs = 11,
  kType = 20,
  kSparseTensor = 22,
  kSparseTensors = 23,
};
}
namespace tensor {
enum : std::uint32_t {
  kDims = 1,
  kType = 2,
  kFloats = 4,
  kInt64s = 7,
  kName = 8,
  kRaw = 9,
  kExternal = 13,
  kLocation = 14,
};
}
namespace sparse_tensor {
enum : std::uint32_t { kValues = 1, kIndices = 2 };
}
namespace value {
enum : std::uint32_t { kName = 1, kType = 2 };
}
namespace type {
enum : std::uint32_t { kTensor = 1 };
}
namespace tensor_type {
enum : std::uint32_t { kElement = 1, kShape = 2 };
}
namespace shape {
enum : std::uint32_t { kDimension = 1 };
}
namespace dimension {
enum : std::uint32_t { kValue = 1, kName = 2 };
}
namespace function {
enum : std::uint32_t { kName = 1, kNode = 7 };
}
namespace training {
enum : std::uint32_t { kInitialization = 1, kAlgorithm = 2 };
}

}  // namespace martlet::onnx::fields

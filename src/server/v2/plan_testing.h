// For fuzz targets of V2 requests: models of every kind that a request may be for.
#pragma once

#include <cstdlib>
#include <vector>

#include "server/service/refusal_testing.h"
#include "server/v2/infer.h"

namespace martlet {

inline ModelInfo text_classifier_info() {
  ModelInfo info;
  info.name = "texts";
  info.task = ModelTask::kTextClassification;
  info.labels = {"NEGATIVE", "POSITIVE"};
  info.encoder.labels = 2;
  return info;
}

/// Takes an image, or the graph's own input.
inline ModelInfo image_classifier_info() {
  ModelInfo info = text_classifier_info();
  info.name = "images";
  info.task = ModelTask::kImageClassification;
  info.signature.inputs = {{"pixels", TensorType::kFloat32, {-1, 3, 2, 2}}};
  info.signature.outputs = {{"logits", TensorType::kFloat32, {-1, 2}}};
  return info;
}

/// Has inputs of names and types that seeds use, so that any one of them may be all it takes.
inline ModelInfo graph_info(std::string name, TensorType type) {
  ModelInfo info;
  info.name = "graph";
  info.task = ModelTask::kTensors;
  info.signature.inputs = {{std::move(name), type, {-1, -1}}};
  info.signature.outputs = {{"embedding", TensorType::kFloat32, {-1}}};
  return info;
}

inline const std::vector<ModelInfo>& infos_of_every_kind() {
  static const std::vector<ModelInfo> infos = [] {
    std::vector<ModelInfo> all{text_classifier_info(), image_classifier_info()};
    for (int type = 0; type <= static_cast<int>(TensorType::kBool); ++type)
      all.push_back(graph_info("input_ids", static_cast<TensorType>(type)));
    return all;
  }();
  return infos;
}

/// Planned or refused for every model; what is planned for a graph has the bytes of its shape.
inline void plan_for_every_kind(const V2InferRequest& request) {
  for (const ModelInfo& info : infos_of_every_kind()) {
    const auto plan = plan_v2(info, V2InferRequest(request), {});
    check_refusal_of(plan);
    if (!plan || !plan->tensors) continue;
    for (const NamedTensor& tensor : plan->tensors->inputs) {
      const auto elements = element_count(tensor.shape);
      if (!elements || tensor.data.size() != *elements * size_of(tensor.type)) std::abort();
    }
  }
}

}  // namespace martlet

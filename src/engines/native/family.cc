#include "engines/native/family.h"

#include <algorithm>
#include <iterator>

namespace martlet {
namespace {

constexpr Family kFamilies[] = {
    {
        .model_type = "bert",
        .prefix = "bert.",
        .word_embeddings = "embeddings.word_embeddings",
        .position_embeddings = "embeddings.position_embeddings",
        .type_embeddings = "embeddings.token_type_embeddings",
        .embedding_norm = "embeddings.LayerNorm",
        .query = "encoder.layer.{}.attention.self.query",
        .key = "encoder.layer.{}.attention.self.key",
        .value = "encoder.layer.{}.attention.self.value",
        .attention_out = "encoder.layer.{}.attention.output.dense",
        .attention_norm = "encoder.layer.{}.attention.output.LayerNorm",
        .ff_in = "encoder.layer.{}.intermediate.dense",
        .ff_out = "encoder.layer.{}.output.dense",
        .ff_norm = "encoder.layer.{}.output.LayerNorm",
        .pooler = "pooler.dense",
        .head_dense = "pooler.dense",
        .head_dense_in_prefix = true,
        .head_activation = Activation::kTanh,
        .classifier = "classifier",
    },
    {
        .model_type = "distilbert",
        .prefix = "distilbert.",
        .word_embeddings = "embeddings.word_embeddings",
        .position_embeddings = "embeddings.position_embeddings",
        .type_embeddings = "",
        .embedding_norm = "embeddings.LayerNorm",
        .query = "transformer.layer.{}.attention.q_lin",
        .key = "transformer.layer.{}.attention.k_lin",
        .value = "transformer.layer.{}.attention.v_lin",
        .attention_out = "transformer.layer.{}.attention.out_lin",
        .attention_norm = "transformer.layer.{}.sa_layer_norm",
        .ff_in = "transformer.layer.{}.ffn.lin1",
        .ff_out = "transformer.layer.{}.ffn.lin2",
        .ff_norm = "transformer.layer.{}.output_layer_norm",
        .pooler = "",
        .head_dense = "pre_classifier",
        .head_dense_in_prefix = false,
        .head_activation = Activation::kRelu,
        .classifier = "classifier",
    },
};

}  // namespace

const Family* find_family(std::string_view model_type) noexcept {
  const auto* family = std::ranges::find_if(kFamilies, [model_type](const Family& f) {
    return f.model_type == model_type;
  });
  return family == std::end(kFamilies) ? nullptr : family;
}

std::string known_families() {
  std::string names;
  for (const Family& family : kFamilies) {
    if (!names.empty()) names += ", ";
    names += family.model_type;
  }
  return names;
}

}  // namespace martlet

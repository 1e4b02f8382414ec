#include "export/encoder_tensors.h"

#include <utility>

#include "core/error.h"

namespace martlet {

Result<EncoderTensors> read_encoder_tensors(
    const std::filesystem::path& directory, const std::filesystem::path& adapter
) {
  auto config = load_hf_config(directory);
  if (!config) return config.error();
  const auto architecture = find_architecture(*config, (directory / "config.json").string());
  if (!architecture) return architecture.error();
  auto checkpoint = Checkpoint::open(directory, adapter);
  if (!checkpoint) return checkpoint.error();

  EncoderTensors tensors(*std::move(config), *architecture, *std::move(checkpoint));
  const FamilyTensors reader(tensors.checkpoint, *architecture->family, tensors.config);
  MARTLET_RETURN_IF_ERROR(reader.embeddings(tensors.embeddings));
  MARTLET_RETURN_IF_ERROR(reader.heads(tensors.head));
  tensors.layers.resize(static_cast<std::size_t>(tensors.config.layers));
  for (std::size_t i = 0; i < tensors.layers.size(); ++i)
    MARTLET_RETURN_IF_ERROR(reader.layer(static_cast<int>(i), tensors.layers[i]));
  return tensors;
}

}  // namespace martlet

// Any texts as the JSON files around a model's weights are a directory that loads or a typed error.
// The input's lines that read "---" part one file from the next.
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "formats/checkpoint.h"
#include "formats/model_directory.h"

namespace {

constexpr std::string_view kSeparator = "\n---\n";
constexpr std::string_view kFiles[] = {
    "modules.json",
    "1_Pooling/config.json",
    "sentence_bert_config.json",
    "tokenizer_config.json",
    "config_sentence_transformers.json",
    "model.safetensors.index.json",
};

std::filesystem::path make_directory() {
  std::string name = "/dev/shm/martlet_fuzz_XXXXXX";
  if (::mkdtemp(name.data()) == nullptr) std::abort();
  std::filesystem::create_directory(name + "/1_Pooling");
  std::ofstream(name + "/config.json") << R"({"model_type":"bert"})";
  constexpr std::string_view kHeader = R"({"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}})";
  const std::uint64_t length = kHeader.size();
  std::ofstream shard(name + "/s.safetensors", std::ios::binary);
  shard.write(reinterpret_cast<const char*>(&length), sizeof(length)) << kHeader;
  return name;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::filesystem::path directory = make_directory();
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  for (const std::string_view name : kFiles) {
    const std::size_t end = rest.find(kSeparator);
    const std::string_view text = rest.substr(0, end);
    rest = end == std::string_view::npos ? "" : rest.substr(end + kSeparator.size());
    if (text.empty()) {
      std::filesystem::remove(directory / name);
    } else {
      std::ofstream(directory / name, std::ios::binary) << text;
    }
  }
  const auto model = martlet::load_model_directory(directory);
  if (model && (model->max_length < 1 || model->max_length > 512)) std::abort();
  (void)martlet::Checkpoint::open(directory).status().ok();
  return 0;
}

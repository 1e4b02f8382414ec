#include "inspection.h"

#include <algorithm>
#include <string_view>
#include <system_error>
#include <utility>

#include "core/error.h"
#include "engines/registry.h"
#include "formats/checkpoint.h"
#include "martlet/tokenizer.h"
#include "sha256.h"
#include "tasks.h"

namespace martlet::cli {
namespace {

namespace fs = std::filesystem;

WeightFacts weights_of(const Checkpoint& checkpoint) {
  WeightFacts facts;
  for (const Tensor* tensor : checkpoint.tensors()) {
    facts.tensors.push_back({tensor->name, std::string(to_string(tensor->dtype)), tensor->shape});
    facts.dtypes[std::string(to_string(tensor->dtype))] += 1;
    facts.parameters += tensor->elements();
    facts.bytes += tensor->data.size();
  }
  return facts;
}

Result<TokenizerFacts> tokenizer_of(const fs::path& directory) {
  const auto tokenizer = Tokenizer::load(directory);
  if (!tokenizer) return tokenizer.error();
  Encodings encodings;
  const std::string_view nothing;
  MARTLET_RETURN_IF_ERROR(tokenizer->encode(std::span(&nothing, 1), {}, encodings));
  TokenizerFacts facts{.vocab_size = tokenizer->vocab_size(), .around_text = {}};
  for (const std::int32_t id : encodings.ids) {
    if (!facts.around_text.empty()) facts.around_text += ' ';
    facts.around_text += tokenizer->id_to_token(id);
  }
  return facts;
}

/// Loading is the proof: an engine that says it can may still refuse this model's weights.
std::vector<EngineFacts> engines_for(const fs::path& directory) {
  std::vector<EngineFacts> facts;
  for (const std::string& engine : engine_names()) {
    const auto encoder = load_encoder(directory, {.engine = engine});
    facts.push_back(
        {engine,
         encoder ? Result<EncoderInfo>((*encoder)->info()) : Result<EncoderInfo>(encoder.error())}
    );
  }
  return facts;
}

Status system_failure(const fs::path& path, const std::error_code& failure) {
  const bool missing =
      failure == std::errc::no_such_file_or_directory || failure == std::errc::not_a_directory;
  return error(
      missing ? StatusCode::kNotFound : StatusCode::kIo, path.string(), "cannot read: {}",
      failure.message()
  );
}

/// Every file below `directory` except hidden ones, sorted by name.
Result<std::vector<FileFacts>> files_of(const fs::path& directory, bool checksums) {
  std::vector<FileFacts> files;
  std::error_code failure;
  fs::recursive_directory_iterator entry(directory, failure);
  for (const fs::recursive_directory_iterator end; !failure && entry != end;
       entry.increment(failure)) {
    const bool hidden = entry->path().filename().string().starts_with('.');
    if (hidden) entry.disable_recursion_pending();
    std::error_code unknown;  // a link that leads nowhere is no file
    if (hidden || !entry->is_regular_file(unknown)) continue;
    files.push_back(
        {entry->path().lexically_relative(directory).string(), entry->file_size(unknown), {}}
    );
  }
  if (failure) return system_failure(directory, failure);
  std::ranges::sort(files, {}, &FileFacts::name);
  for (FileFacts& file : files) {
    if (!checksums) continue;
    auto sum = sha256_of(directory / file.name);
    if (!sum) return sum.error();
    file.sha256 = std::move(*sum);
  }
  return files;
}

}  // namespace

Result<Inspection> inspect_model(const InspectFlags& flags) {
  auto files = files_of(flags.model, flags.checksums);
  if (!files) return files.error();
  auto directory = load_model_directory(flags.model);
  if (!directory && directory.error().code() != StatusCode::kUnsupported) return directory.error();
  const fs::path transformer = directory ? directory->transformer : flags.model;
  const auto checkpoint = Checkpoint::open(transformer);
  if (!checkpoint) return checkpoint.error();
  const auto task = choose_task("auto", flags.model, {});
  return Inspection{
      .model = flags.model.string(),
      .directory = std::move(directory),
      .task = task ? std::string((*task)->name) : "unsupported",
      .weights = weights_of(*checkpoint),
      .tokenizer = tokenizer_of(transformer),
      .engines = engines_for(flags.model),
      .files = std::move(*files),
  };
}

}  // namespace martlet::cli

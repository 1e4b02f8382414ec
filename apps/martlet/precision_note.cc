#include "precision_note.h"

#include <fmt/format.h>

#include "console.h"
#include "formats/model_directory.h"
#include "formats/precision_record.h"

namespace martlet::cli {

void note_unusable_record(const std::filesystem::path& model, const EncoderOptions& encoder) {
  if (encoder.precision != "auto") return;
  const auto directory = load_model_directory(model);
  if (!directory) return;
  const auto record = load_precision_record(directory->transformer, encoder.adapter);
  // Of a model that cannot be read, loading it says so.
  if (record || record.error().code() != StatusCode::kInvalidModel) return;
  print_note(fmt::format("{}; it is ignored", record.error().message()));
}

}  // namespace martlet::cli

// martlet merge: a LoRA adapter into a model, as a directory of its own.
#include "formats/merge.h"

#include <string>

#include "command_line.h"
#include "verbs.h"

namespace martlet::cli {

Status merge(Arguments arguments) {
  CommandLine line({
      .verb = "merge",
      .arguments = "MODEL ADAPTER OUT",
      .summary = "Merges a LoRA adapter (PEFT) into a model and writes the result as a model "
                 "directory of\n"
                 "its own, which transformers loads as well.",
      .examples =
          "  martlet merge all-MiniLM-L6-v2 models/minilm-sst2-lora build/models/minilm-sst2 "
          "--labels NEGATIVE,POSITIVE\n",
  });
  std::string model;
  std::string adapter;
  std::string out;
  MergeOptions options;
  CLI::App& app = line.app();
  app.add_option("MODEL", model, "Directory of the base model")->required();
  app.add_option("ADAPTER", adapter, "Directory of the adapter")->required();
  app.add_option("OUT", out, "Directory to write, whole or not at all")->required();
  app.add_option("--labels", options.labels, "Names of the classes, in the order of their numbers")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->option_text("A,B,...");
  app.add_flag(
      "--overwrite", options.overwrite, "Replace OUT when it is the output of an earlier merge"
  );
  const Result<bool> wanted = line.parse(arguments);
  if (!wanted || !*wanted) return wanted.status();
  return merge_adapter(model, adapter, out, options);
}

}  // namespace martlet::cli

// martlet inspect: what a model is, and what can run it.
#include "command_line.h"
#include "console.h"
#include "formats/graph_file.h"
#include "graph_inspection.h"
#include "inspection.h"
#include "verbs.h"

namespace martlet::cli {

Status inspect(Arguments arguments) {
  CommandLine line({
      .verb = "inspect",
      .arguments = "MODEL",
      .summary =
          "Shows a model's architecture, task, labels, tokenizer, tensors and files, and which\n"
          "engines can run it. Of an ONNX file: inputs, outputs, operators, and where attention is "
          "fused.",
      .examples = "  martlet inspect build/models/minilm-sst2\n"
                  "  martlet inspect build/models/minilm-sst2 --tensors --checksums --json\n"
                  "  martlet inspect model.onnx\n",
  });
  InspectFlags flags;
  line.app().add_option("MODEL", flags.model, "Model directory or ONNX file")->required();
  line.app().add_flag("--json", flags.json, "One JSON object instead of text");
  line.app().add_flag("--tensors", flags.tensors, "Also list every tensor");
  line.app().add_flag("--checksums", flags.checksums, "Also the SHA-256 of every file");
  const Result<bool> wanted = line.parse(arguments);
  if (!wanted || !*wanted) return wanted.status();
  if (is_graph_file(flags.model)) {
    const auto text = inspect_graph(flags);
    return text ? print(*text) : text.error();
  }
  const auto inspection = inspect_model(flags);
  if (!inspection) return inspection.error();
  return print(
      flags.json ? as_json(*inspection, flags.tensors) : as_text(*inspection, flags.tensors)
  );
}

}  // namespace martlet::cli

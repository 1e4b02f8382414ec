// martlet export: a model directory as an ONNX file.
#include <string>

#include "command_line.h"
#include "martlet/onnx_export.h"
#include "verbs.h"

namespace martlet::cli {

Status export_model(Arguments arguments) {
  CommandLine line({
      .verb = "export",
      .arguments = "MODEL OUT.onnx",
      .summary = "Writes a model as ONNX, with its tokenizer and labels in the file's metadata. "
                 "Batch and\nlength are dynamic.",
      .examples = "  martlet export build/models/minilm-sst2 minilm.onnx\n"
                  "  martlet export build/models/minilm-sst2 minilm-fused.onnx --fused\n"
                  "  martlet export MODEL small.onnx --precision int8 --opset 20\n",
  });
  std::string model;
  std::string out;
  std::string adapter;
  OnnxExportOptions options;
  CLI::App& app = line.app();
  app.add_option("MODEL", model, "Model directory, as save_pretrained writes it")->required();
  app.add_option("OUT", out, "File to write, whole or not at all")->required();
  app.add_flag(
      "--fused", options.fused, "Use the fused operators of ONNX Runtime, which only it has"
  );
  app.add_option("--precision", options.precision, "fp32, fp16 or int8 (fp32)")
      ->check(CLI::IsMember({"fp32", "fp16", "int8"}))
      ->option_text("NAME");
  app.add_option("--opset", options.opset, "Version of ONNX's operators (17)")->option_text("N");
  app.add_option("--adapter", adapter, "LoRA adapter directory, merged on the way")
      ->option_text("DIR");
  app.add_flag(
      "--external-data", options.external_data,
      "Write the weights to OUT.data; what would not fit 2 GB goes there anyway"
  );
  const Result<bool> wanted = line.parse(arguments);
  if (!wanted || !*wanted) return wanted.status();
  options.adapter = adapter;
  return export_onnx(model, out, options);
}

}  // namespace martlet::cli

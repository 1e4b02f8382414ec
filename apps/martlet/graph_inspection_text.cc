// `martlet inspect x.onnx` for people.
#include <fmt/ranges.h>

#include "graph_inspection.h"
#include "numbers.h"
#include "terminal.h"

namespace martlet::cli {
namespace {

/// What a kind of fused operator stands for.
struct Fusion {
  std::string_view op;
  std::string_view replaces;
};

constexpr Fusion kFusions[] = {
    {"EmbedLayerNormalization", "embeddings and their normalization"},
    {"SkipLayerNormalization", "residual, bias and normalization"},
    {"BiasGelu", "bias and GELU"},
    {"FastGelu", "bias and the tanh form of GELU"},
    {"Gelu", "GELU"},
    {"LayerNormalization", "mean, variance and scale"},
    {"DynamicQuantizeMatMul", "quantization, int8 product and scale"},
    {"FusedMatMul", "transposition, product and scale"},
};

std::string shape_text(const std::vector<onnx::Dimension>& shape) {
  std::vector<std::string> sizes;
  for (const onnx::Dimension& size : shape) {
    if (size.value >= 0) {
      sizes.push_back(std::to_string(size.value));
    } else {
      sizes.push_back(size.name.empty() ? "?" : size.name);
    }
  }
  return fmt::format("[{}]", fmt::join(sizes, ", "));
}

std::string line(std::string_view name, std::string_view value) {
  return fmt::format("{:<14}{}\n", name, printable(value));
}

std::string about_values(std::string_view title, const std::vector<onnx::Value>& values) {
  std::string text = fmt::format("{}\n", title);
  for (const onnx::Value& value : values) {
    text += fmt::format(
        "  {:<22}{:<9}{}\n", printable(value.name), to_string(value.type),
        printable(shape_text(value.shape))
    );
  }
  return text;
}

std::string about_weights(const GraphFacts& facts) {
  std::string text = "weights\n";
  for (const auto& [type, sum] : facts.weights) {
    text += fmt::format("  {:<22}{} tensors, {}\n", type, sum.tensors, megabytes(sum.bytes));
  }
  for (const std::string& file : facts.external_files)
    text += fmt::format("  in the file {}\n", printable(file));
  return text;
}

std::string about_operators(const GraphFacts& facts) {
  std::string text = "operators\n";
  for (const auto& [name, count] : facts.operators)
    text += fmt::format("  {:>5}  {}\n", count, printable(name));
  return text;
}

std::size_t count_of(const GraphFacts& facts, std::string_view op) {
  const auto count = [&](const std::string& name) {
    const auto found = facts.operators.find(name);
    return found == facts.operators.end() ? std::size_t{0} : found->second;
  };
  return count(std::string(op)) + count(fmt::format("com.microsoft.{}", op));
}

std::string about_fusions(const GraphFacts& facts) {
  std::string text = "fusions\n";
  for (const Fusion& fusion : kFusions) {
    if (const std::size_t count = count_of(facts, fusion.op); count > 0)
      text += fmt::format("  {:>5}  {}: {}\n", count, fusion.op, fusion.replaces);
  }
  return text;
}

std::string verdict(const onnx::AttentionSite& site) {
  if (site.fused) return fmt::format("fused ({})", site.op);
  if (site.fusable) return "not fused here; of the form that ONNX Runtime fuses while loading";
  return "not fused: " + site.reason;
}

/// Sites of one verdict share a line: a model has one for each layer.
std::string about_attention(const GraphFacts& facts) {
  std::vector<std::pair<std::string, std::vector<std::string>>> groups;
  for (const onnx::AttentionSite& site : facts.attention) {
    const std::string words = verdict(site);
    if (groups.empty() || groups.back().first != words) groups.push_back({words, {}});
    groups.back().second.push_back(site.node);
  }
  std::string text = "attention\n";
  if (groups.empty()) text += "  none found\n";
  for (const auto& [words, nodes] : groups) {
    const std::string range =
        nodes.size() == 1 ? nodes.front() : fmt::format("{} .. {}", nodes.front(), nodes.back());
    text += fmt::format("  {:>5}  {}: {}\n", nodes.size(), printable(range), printable(words));
  }
  return text;
}

std::string about_metadata(const onnx::Model& model) {
  constexpr std::size_t kShown = 60;
  std::string text;
  for (const auto& [key, value] : model.metadata) {
    const std::string words =
        value.size() <= kShown ? value : fmt::format("({} bytes)", with_commas(value.size()));
    text += fmt::format("  {:<22}{}\n", printable(key), printable(words));
  }
  return text.empty() ? text : "metadata\n" + text;
}

std::string about_engines(const GraphFacts& facts) {
  std::string text = "engines\n";
  for (const auto& [name, status] : facts.engines) {
    text += fmt::format(
        "  {:<22}{}\n", name, status.ok() ? "yes" : "no: " + printable(status.message())
    );
  }
  return text;
}

std::string opsets_text(const onnx::Model& model) {
  std::vector<std::string> opsets;
  for (const onnx::OpsetImport& import : model.opsets) {
    opsets.push_back(
        fmt::format("{} {}", import.domain.empty() ? "ai.onnx" : import.domain, import.version)
    );
  }
  return fmt::format("{}", fmt::join(opsets, ", "));
}

}  // namespace

std::string as_text(const GraphFacts& facts) {
  const onnx::Model& model = *facts.onnx;
  std::string text = line("model", facts.model) +
                     line("file", fmt::format("{} bytes", with_commas(facts.file_bytes)));
  if (!facts.sha256.empty()) text += line("sha256", facts.sha256);
  return text + line("format", fmt::format("ONNX IR version {}", model.ir_version)) +
         line("opset", opsets_text(model)) +
         line("producer", fmt::format("{} {}", model.producer, model.producer_version)) +
         about_values("inputs", model.graph.inputs) + about_values("outputs", model.graph.outputs) +
         about_weights(facts) + about_operators(facts) + about_fusions(facts) +
         about_attention(facts) + about_metadata(model) + about_engines(facts);
}

}  // namespace martlet::cli

// What `martlet inspect` finds out about an ONNX file, and how it shows it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "formats/onnx/attention_sites.h"
#include "formats/onnx/model.h"
#include "inspection.h"
#include "martlet/status.h"

namespace martlet::cli {

struct WeightSum {
  std::size_t tensors = 0;
  std::uint64_t bytes = 0;
};

struct GraphFacts {
  std::string model{};
  std::uint64_t file_bytes = 0;
  std::string sha256{};  // empty: not asked for
  const onnx::Model* onnx = nullptr;
  std::map<std::string, std::size_t> operators{};  // "com.microsoft.Attention": how many
  std::map<std::string, WeightSum> weights{};      // by type
  std::vector<std::string> external_files{};
  std::vector<onnx::AttentionSite> attention{};
  std::vector<std::pair<std::string, Status>> engines{};  // that run graphs
};

/// The whole output of `martlet inspect`. Fails for a file that is no ONNX model.
Result<std::string> inspect_graph(const InspectFlags& flags);

std::string as_text(const GraphFacts& facts);
std::string as_json(const GraphFacts& facts);

}  // namespace martlet::cli

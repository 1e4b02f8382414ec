#include "server/metrics/exposition.h"

#include <fmt/format.h>

#include <cmath>
#include <iterator>

namespace martlet {
namespace {

void append_escaped(std::string& text, std::string_view value) {
  for (const char c : value) {
    if (c == '\n') {
      text += "\\n";
    } else {
      if (c == '"' || c == '\\') text += '\\';
      text += c;
    }
  }
}

void append_label(std::string& text, std::string_view name, std::string_view value) {
  text += text.back() == '{' ? "" : ",";
  text.append(name).append("=\"");
  append_escaped(text, value);
  text += '"';
}

}  // namespace

void Exposition::begin(std::string_view name, std::string_view help, std::string_view type) {
  name_ = name;
  fmt::format_to(std::back_inserter(text_), "# HELP {} {}\n# TYPE {} {}\n", name, help, name, type);
}

void Exposition::line(
    std::string_view suffix, Labels labels, std::string_view bound, double value
) {
  text_.append(name_).append(suffix);
  if (labels.size() != 0 || !bound.empty()) {
    text_ += '{';
    for (const auto& [name, label] : labels) append_label(text_, name, label);
    if (!bound.empty()) append_label(text_, "le", bound);
    text_ += '}';
  }
  fmt::format_to(std::back_inserter(text_), " {}\n", value);
}

void Exposition::sample(Labels labels, double value) { line("", labels, "", value); }

void Exposition::sample(Labels labels, const Histogram& histogram) {
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < histogram.bounds().size(); ++i) {
    below += histogram.counts()[i];
    line("_bucket", labels, fmt::format("{}", histogram.bounds()[i]), static_cast<double>(below));
  }
  line("_bucket", labels, "+Inf", static_cast<double>(histogram.count()));
  line("_sum", labels, "", histogram.sum());
  line("_count", labels, "", static_cast<double>(histogram.count()));
}

}  // namespace martlet

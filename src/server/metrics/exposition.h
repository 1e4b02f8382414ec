// Metrics in Prometheus' text format, version 0.0.4. Written here rather than kept in a metrics
// library's objects: the numbers live where they are counted, and are only read when asked for.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "server/service/statistics.h"

namespace martlet {

class Exposition {
 public:
  using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

  /// Begins a metric; the samples that follow are its own.
  void counter(std::string_view name, std::string_view help) { begin(name, help, "counter"); }
  void gauge(std::string_view name, std::string_view help) { begin(name, help, "gauge"); }
  void histogram(std::string_view name, std::string_view help) { begin(name, help, "histogram"); }

  void sample(Labels labels, double value);
  void sample(Labels labels, const Histogram& histogram);

  [[nodiscard]] const std::string& text() const noexcept { return text_; }

 private:
  void begin(std::string_view name, std::string_view help, std::string_view type);
  void line(std::string_view suffix, Labels labels, std::string_view bound, double value);

  std::string name_;
  std::string text_;
};

}  // namespace martlet

// Where traces go, and how many.
#pragma once

#include <string>

namespace martlet {

struct TraceOptions {
  std::string endpoint;  // "http://HOST:PORT/PATH"; empty: no traces
  std::string service = "martlet";
  double sample = 0.01;  // of the exchanges whose client does not say whether it wants a trace
};

}  // namespace martlet

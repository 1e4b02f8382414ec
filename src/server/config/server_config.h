// All that `martlet serve` can be told.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "server/config/values.h"
#include "server/grpc/grpc_limits.h"
#include "server/http/options.h"
#include "server/service/serving_options.h"
#include "server/tracing/trace_options.h"

namespace martlet {

struct ServerConfig {
  std::vector<std::string> models;  // "PATH" or "NAME=PATH"
  Endpoint http_endpoint{.address = "127.0.0.1", .port = 8080};
  Endpoint grpc_endpoint;
  Endpoint admin_endpoint;
  HttpOptions http;  // its address and port are those of http_endpoint
  GrpcLimits grpc_limits;
  ServingOptions serving;
  std::string api_key_file;  // read when the server starts; wins over http.api_key
  std::string access_log;    // a file, "-" for stderr; empty: none
  TraceOptions traces;
  std::chrono::microseconds drain_timeout = std::chrono::seconds(30);
  std::chrono::microseconds drain_delay{0};
};

}  // namespace martlet

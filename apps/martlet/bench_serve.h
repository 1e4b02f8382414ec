// martlet bench serve: load on a running server.
#pragma once

#include "verbs.h"

namespace martlet::cli {

Status bench_serve(Arguments arguments);

}  // namespace martlet::cli

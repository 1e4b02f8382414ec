// What people see: a page to try the models and watch the server, and the API's description.
#pragma once

#include "server/http/router.h"

namespace martlet {

/// GET / (the page), /docs and /openapi.json. All of it is in the binary and needs no network.
void add_page_routes(Router& router);

}  // namespace martlet

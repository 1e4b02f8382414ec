#include "server/page/page.h"

#include <string>
#include <string_view>

#include "server/page/files.h"

namespace martlet {
namespace {

void add_file(
    Router& router, std::string_view path, std::string_view content_type, std::string_view content
) {
  router.add("GET", path, [content_type, content](HttpRequest&&, Responder&& responder) {
    responder.send({
        .content_type = std::string(content_type),
        .headers =
            {{"Cache-Control", "no-cache"},
             {"X-Content-Type-Options", "nosniff"},
             {"X-Frame-Options", "DENY"},
             {"Referrer-Policy", "no-referrer"},
             {"Content-Security-Policy",
              "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
              "img-src data:; connect-src 'self'"}},
        .body = std::string(content),
    });
  });
}

}  // namespace

void add_page_routes(Router& router) {
  add_file(router, "/", "text/html; charset=utf-8", kPageHtml);
  add_file(router, "/docs", "text/html; charset=utf-8", kDocsHtml);
  add_file(router, "/openapi.json", "application/json", kOpenApiJson);
}

}  // namespace martlet

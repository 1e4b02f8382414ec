#include "server/routes/rerank_request.h"

#include <boost/json/array.hpp>

#include "core/error.h"
#include "server/routes/request_body.h"

namespace martlet {
namespace {

namespace bj = boost::json;

Status read_documents(const bj::value& value, std::vector<std::string>& documents) {
  const bj::array* list = value.if_array();
  if (list == nullptr || list->empty()) return bad_field("documents", value, "a list of texts");
  for (const bj::value& item : *list) {
    const bj::object* object = item.if_object();
    const bj::value* text = object == nullptr ? &item : object->if_contains("text");
    if (text == nullptr || !text->is_string()) {
      return bad_field(
          fmt::format("documents[{}]", documents.size()), item, "a text or an object with a text"
      );
    }
    documents.emplace_back(text->get_string());
  }
  return {};
}

}  // namespace

Result<RerankRequest> parse_rerank_request(
    std::string_view text, std::chrono::steady_clock::time_point received
) {
  const auto body = parse_body_object(text);
  if (!body) return body.error();
  RerankRequest request;
  JsonReader reader = body_reader(*body);
  reader.get("model", request.model);
  reader.require("query");
  reader.get("query", request.query);
  reader.require("documents");
  reader.get("top_n", request.top_n, {.min = 1, .max = 1 << 30});
  reader.get("return_documents", request.return_documents);
  reader.get("raw_scores", request.raw_scores);
  reader.get("max_tokens_per_doc", request.options.max_length, {.min = 1});
  MARTLET_RETURN_IF_ERROR(reader.status());
  MARTLET_RETURN_IF_ERROR(read_options(*body, received, request.options));
  MARTLET_RETURN_IF_ERROR(read_documents(*reader.find("documents"), request.documents));
  request.options.kind = AnswerKind::kLogits;
  return request;
}

}  // namespace martlet

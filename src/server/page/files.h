// The page's files, put together by CMake from the parts in this folder.
#pragma once

#include <string_view>

namespace martlet {

extern const std::string_view kPageHtml;
extern const std::string_view kDocsHtml;
extern const std::string_view kOpenApiJson;

}  // namespace martlet

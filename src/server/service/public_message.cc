#include "server/service/public_message.h"

namespace martlet {
namespace {

bool ends_word(char c) {
  return c == ' ' || c == ']' || c == '[' || c == '\'' || c == '"' || c == ',';
}

}  // namespace

std::string public_message(const Status& status) {
  std::string out;
  const std::string& text = status.message();
  for (std::size_t begin = 0; begin < text.size();) {
    std::size_t end = begin;
    while (end < text.size() && !ends_word(text[end])) ++end;
    const std::string_view word = std::string_view(text).substr(begin, end - begin);
    out += word.find('/') == std::string_view::npos ? word : "(path)";
    if (end < text.size()) out += text[end++];
    begin = end;
  }
  return out;
}

std::string message_for_client(const Status& status) {
  switch (status.code()) {
    case StatusCode::kInvalidModel:
    case StatusCode::kIo:
    case StatusCode::kInternal:
      return public_message(status);
    default:
      return status.message();
  }
}

}  // namespace martlet

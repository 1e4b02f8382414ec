#include "formats/json_edit.h"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <vector>

namespace martlet {
namespace {

struct Member {
  std::string key;
  std::string value;  // JSON text
};

constexpr std::string_view kSpace = " \t\r\n";

std::string unescaped(std::string_view literal) {
  return std::string(std::string_view(boost::json::parse(literal).as_string()));
}

/// Cuts an object's text into its members. The text has been parsed before: it is valid, so only
/// strings and nesting have to be followed.
class MemberScanner {
 public:
  explicit MemberScanner(std::string_view text) : text_(text), at_(text.find('{') + 1) {}

  std::vector<Member> scan() {
    std::vector<Member> members;
    for (skip_space(); text_[at_] != '}'; skip_space()) {
      const std::string_view key = take_string();
      at_ = text_.find(':', at_) + 1;
      skip_space();
      members.push_back({unescaped(key), std::string(take_value())});
      if (text_[at_] == ',') ++at_;
    }
    return members;
  }

 private:
  void skip_space() { at_ = text_.find_first_not_of(kSpace, at_); }

  std::string_view take_string() {
    const std::size_t begin = at_++;
    while (text_[at_] != '"') at_ += text_[at_] == '\\' ? 2 : 1;
    return text_.substr(begin, ++at_ - begin);
  }

  /// Up to the comma or the brace that ends it, without the space before that.
  std::string_view take_value() {
    const std::size_t begin = at_;
    std::size_t end = at_;
    int depth = 0;
    while (depth > 0 || (text_[at_] != ',' && text_[at_] != '}')) {
      const char c = text_[at_];
      depth += (c == '{' || c == '[') ? 1 : (c == '}' || c == ']') ? -1 : 0;
      if (c == '"') {
        take_string();
      } else {
        ++at_;
      }
      if (kSpace.find(c) == std::string_view::npos) end = at_;
    }
    return text_.substr(begin, end - begin);
  }

  std::string_view text_;
  std::size_t at_;
};

void apply(const JsonEdit& edit, std::vector<Member>& members) {
  const auto member = std::ranges::find(members, edit.key, &Member::key);
  if (member == members.end()) {
    if (edit.value && edit.add) members.push_back({edit.key, *edit.value});
  } else if (edit.value) {
    member->value = *edit.value;
  } else {
    members.erase(member);
  }
}

}  // namespace

Result<std::string> edit_json_object(
    std::string_view text, std::string_view where, std::span<const JsonEdit> edits
) {
  const auto parsed = parse_json_object(text, where, {.unique_keys = true});
  if (!parsed) return parsed.status();
  std::vector<Member> members = MemberScanner(text).scan();
  for (const JsonEdit& edit : edits) apply(edit, members);

  // Members stand on lines of their own when they did.
  const std::size_t first = text.find_first_not_of(kSpace, text.find('{') + 1);
  const bool lines = text.substr(0, first).find('\n') != std::string_view::npos;
  std::string out = "{";
  for (const Member& member : members) {
    if (out.size() > 1) out += ',';
    out += lines ? "\n  " : "";
    out += boost::json::serialize(boost::json::string_view(member.key));
    out += lines ? ": " : ":";
    out += member.value;
  }
  return out + (lines ? "\n}\n" : "}");
}

}  // namespace martlet

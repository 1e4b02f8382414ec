#include "bench/answer_reader.h"

#include <boost/beast/http/error.hpp>
#include <charconv>

#include "core/error.h"

namespace martlet {
namespace {

namespace http = boost::beast::http;

constexpr std::uint64_t kLargestAnswer = 64 << 20;

}  // namespace

AnswerReader::Parser::Parser() {
  eager(true);
  body_limit(kLargestAnswer);
}

void AnswerReader::Parser::on_field_impl(Field field, View, View value, Code&) {
  if (field == Field::retry_after)
    std::from_chars(value.data(), value.data() + value.size(), retry_after);
}

AnswerReader::AnswerReader() { reset(); }

void AnswerReader::reset() {
  parser_.emplace();
  rest_.clear();
}

/// Returns what is left.
Result<std::string_view> AnswerReader::parse(std::string_view data) {
  while (!data.empty() && !parser_->is_done()) {
    boost::beast::error_code failure;
    const std::size_t taken = parser_->put(boost::asio::buffer(data.data(), data.size()), failure);
    data.remove_prefix(taken);
    if (failure == http::error::need_more) break;
    if (failure) return error(StatusCode::kInvalidInput, "answer", "{}", failure.message());
  }
  return data;
}

Result<bool> AnswerReader::read(std::string_view data) {
  const bool in_parts = !rest_.empty();
  if (in_parts) rest_.append(data);
  const auto left = parse(in_parts ? std::string_view(rest_) : data);
  if (!left) return left.error();
  if (!parser_->is_done()) {
    rest_ = std::string(*left);
    return false;
  }
  if (left->empty()) return true;
  return error(
      StatusCode::kInvalidInput, "answer", "got {} bytes behind it, expected none", left->size()
  );
}

bool AnswerReader::read_end() {
  boost::beast::error_code failure;
  if (parser_->got_some()) parser_->put_eof(failure);
  return !failure && parser_->is_done();
}

}  // namespace martlet

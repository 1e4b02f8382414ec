// One HTTP/1.1 answer out of bytes: as much of it as a load wants to know, and nothing is kept.
#pragma once

#include <boost/beast/http/basic_parser.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "martlet/status.h"

namespace martlet {

class AnswerReader {
 public:
  AnswerReader();

  /// Takes what has come; true when the answer is complete. kInvalidInput for what is not HTTP/1.1,
  /// and for bytes behind the answer: nobody has asked for those.
  Result<bool> read(std::string_view data);

  /// The server has closed the connection; true when that was the end of the answer.
  bool read_end();

  // Of a complete answer.
  [[nodiscard]] int status() const noexcept { return parser_->status; }
  [[nodiscard]] double retry_after() const noexcept { return parser_->retry_after; }  // seconds
  [[nodiscard]] bool keep_alive() const { return parser_->keep_alive(); }

  /// Ready for the next answer.
  void reset();

 private:
  /// Looks at what Beast's parser finds.
  class Parser final : public boost::beast::http::basic_parser<false> {
   public:
    Parser();
    int status = 0;
    double retry_after = 0;

   private:
    using View = boost::core::string_view;
    using Verb = boost::beast::http::verb;
    using Field = boost::beast::http::field;
    using Code = boost::beast::error_code;
    using Size = boost::optional<std::uint64_t>;

    void on_request_impl(Verb, View, View, int, Code&) override {}
    void on_response_impl(int code, View, int, Code&) override { status = code; }
    void on_field_impl(Field field, View name, View value, Code&) override;
    void on_header_impl(Code&) override {}
    void on_body_init_impl(const Size&, Code&) override {}
    std::size_t on_body_impl(View body, Code&) override { return body.size(); }
    void on_chunk_header_impl(std::uint64_t, View, Code&) override {}
    std::size_t on_chunk_body_impl(std::uint64_t, View body, Code&) override { return body.size(); }
    void on_finish_impl(Code&) override {}
  };

  Result<std::string_view> parse(std::string_view data);

  std::optional<Parser> parser_;
  std::string rest_;  // that did not suffice for a step of the parser
};

}  // namespace martlet

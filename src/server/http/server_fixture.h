// A server for tests, with routes that echo, wait, stream, and never answer.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "server/http/http_server.h"
#include "server/http/raw_client.h"

namespace martlet {

class ServerFixture : public testing::Test {
 protected:
  ServerFixture() {
    options_.port = 0;
    options_.io_threads = 2;
    router_.add("POST", "/echo", [](HttpRequest&& request, Responder&& responder) {
      responder.send({.content_type = "text/plain", .body = std::move(request.body)});
    });
    router_.add("GET", "/hello", [](HttpRequest&&, Responder&& responder) {
      responder.send({.content_type = "text/plain", .body = "hello"});
    });
    router_.add("GET", "/late/{ms}", [this](HttpRequest&& request, Responder&& responder) {
      answer_later(std::string(request.path_parameter("ms")), std::move(responder));
    });
    router_.add("GET", "/stream", [](HttpRequest&&, Responder&& responder) {
      responder.start({.content_type = "application/x-ndjson", .body = "1\n"});
      responder.write("2\n");
      responder.write("3\n");
      responder.finish();
    });
    router_.add("GET", "/hold", [this](HttpRequest&&, Responder&& responder) {
      responder.on_client_gone([this] { ++gone_; });
      const std::lock_guard lock(mutex_);
      held_.push_back(std::move(responder));
    });
    router_.add("GET", "/throw", [](HttpRequest&&, Responder&&) { throw std::bad_alloc(); });
    router_.add("GET", "/cut", [](HttpRequest&&, Responder&& responder) {
      responder.start({.body = "the beginning"});
    });
    router_.add("GET", "/big", [this](HttpRequest&&, Responder&& responder) {
      ++asked_for_big_;
      responder.send({.content_type = "text/plain", .body = std::string(8 << 20, 'x')});
    });
  }

  ~ServerFixture() override {
    server_.reset();
    for (std::thread& thread : threads_) thread.join();
  }

  void start() {
    auto server = HttpServer::start(options_, router_);
    ASSERT_TRUE(server) << server.status().message();
    server_ = std::move(*server);
  }

  std::uint16_t port() {
    if (!server_) start();
    return server_->port();
  }

  /// What comes back for these bytes on a fresh connection.
  RawAnswer ask(std::string_view bytes) {
    RawClient client(port());
    client.say(bytes);
    return client.hear();
  }

  /// Waits until `true_soon` holds.
  template <class Condition>
  static bool eventually(Condition true_soon) {
    for (int i = 0; i < 2000; ++i) {
      if (true_soon()) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return false;
  }

  std::size_t held() {
    const std::lock_guard lock(mutex_);
    return held_.size();
  }

  void answer_held() {
    const std::lock_guard lock(mutex_);
    for (Responder& responder : held_) responder.send({.content_type = "text/plain", .body = "ok"});
    held_.clear();
  }

  HttpOptions options_;
  Router router_;
  std::unique_ptr<HttpServer> server_;
  std::atomic<int> gone_{0};
  std::atomic<int> asked_for_big_{0};

 private:
  void answer_later(std::string ms, Responder responder) {
    const std::lock_guard lock(mutex_);
    threads_.emplace_back([ms = std::move(ms), responder = std::move(responder)]() mutable {
      std::this_thread::sleep_for(std::chrono::milliseconds(std::stoi(ms)));
      responder.send({.content_type = "text/plain", .body = ms});
    });
  }

  std::mutex mutex_;
  std::vector<Responder> held_;
  std::vector<std::thread> threads_;
};

/// "GET path" with the header every request needs, and more.
inline std::string get(std::string_view path, std::string_view more = "") {
  return "GET " + std::string(path) + " HTTP/1.1\r\nHost: test\r\n" + std::string(more) + "\r\n";
}

inline std::string post(std::string_view body, std::string_view more = "") {
  return "POST /echo HTTP/1.1\r\nHost: test\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n" + std::string(more) + "\r\n" + std::string(body);
}

}  // namespace martlet

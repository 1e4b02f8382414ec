#include "core/socket_events.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <functional>
#include <memory>
#include <string>

namespace martlet {
namespace {

struct Ear final : SocketEvents::Listener {
  void on_news(const SocketEvents::News& news) override {
    ++calls;
    last = news;
    if (const auto next = then) next();  // a copy: it may replace itself
  }
  int calls = 0;
  SocketEvents::News last;
  std::function<void()> then;
};

class SocketEventsTest : public testing::Test {
 protected:
  SocketEventsTest() : events(*SocketEvents::open()), ear(std::make_shared<Ear>()) {
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()), 0);
    EXPECT_TRUE(events->add(ends[0], ear));
    events->dispatch();
  }
  ~SocketEventsTest() override {
    for (const int end : ends) ::close(end);
  }

  void send(const std::string& text) const {
    EXPECT_EQ(::send(ends[1], text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
  }

  [[nodiscard]] bool has_something() const {
    pollfd look{.fd = events->descriptor(), .events = POLLIN, .revents = 0};
    return ::poll(&look, 1, 0) == 1;
  }

  std::array<int, 2> ends{};
  std::unique_ptr<SocketEvents> events;
  std::shared_ptr<Ear> ear;
};

TEST_F(SocketEventsTest, TellsFirstHowItIs) {
  EXPECT_EQ(ear->calls, 1);
  EXPECT_TRUE(ear->last.writable);
  EXPECT_FALSE(ear->last.readable);
}

TEST_F(SocketEventsTest, TellsOnceOfWhatCame) {
  EXPECT_FALSE(has_something());
  send("a");
  EXPECT_TRUE(has_something());
  events->dispatch();
  EXPECT_EQ(ear->calls, 2);
  EXPECT_TRUE(ear->last.readable);
  EXPECT_FALSE(ear->last.input_over);
  events->dispatch();
  EXPECT_EQ(ear->calls, 2) << "nothing is new, though nobody has read";
  send("b");
  events->dispatch();
  EXPECT_EQ(ear->calls, 3);
}

TEST_F(SocketEventsTest, TellsOfTheEnd) {
  send("last words");
  ::shutdown(ends[1], SHUT_WR);
  events->dispatch();
  EXPECT_TRUE(ear->last.readable && ear->last.input_over);
  EXPECT_FALSE(ear->last.broken);
  ::close(std::exchange(ends[1], -1));
  events->dispatch();
  EXPECT_TRUE(ear->last.broken);
}

TEST_F(SocketEventsTest, TellsOfRoomAgain) {
  const std::string much(1 << 20, 'x');
  ssize_t sent = 0;
  while (sent >= 0) sent = ::send(ends[0], much.data(), much.size(), 0);
  events->dispatch();
  const int before = ear->calls;
  std::string taken(1 << 20, ' ');
  while (::recv(ends[1], taken.data(), taken.size(), 0) > 0) {
  }
  events->dispatch();
  EXPECT_EQ(ear->calls, before + 1);
  EXPECT_TRUE(ear->last.writable);
}

TEST_F(SocketEventsTest, TheRemovedHearNothing) {
  std::array<int, 2> others{};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, others.data()), 0);
  const auto other = std::make_shared<Ear>();
  EXPECT_TRUE(events->add(others[0], other));
  events->dispatch();
  // Both have news; whoever hears first removes the other, and itself.
  ear->calls = other->calls = 0;
  ear->then = other->then = [&] {
    events->remove(ends[0]);
    events->remove(others[0]);
  };
  send("a");
  EXPECT_EQ(::send(others[1], "b", 1, 0), 1);
  events->dispatch();
  EXPECT_EQ(ear->calls + other->calls, 1);
  EXPECT_EQ(ear.use_count(), 1);
  EXPECT_EQ(other.use_count(), 1);
  for (const int end : others) ::close(end);
}

TEST_F(SocketEventsTest, MoreThanOneCallOfTheSystemTells) {
  constexpr int kMany = 600;
  const auto all = std::make_shared<Ear>();
  std::array<int, kMany> copies{};
  for (int& copy : copies) {
    copy = ::dup(ends[0]);
    ASSERT_TRUE(events->add(copy, all));
  }
  events->dispatch();
  EXPECT_EQ(all->calls, kMany);
  for (const int copy : copies) {
    events->remove(copy);
    ::close(copy);
  }
}

TEST_F(SocketEventsTest, RefusesWhatIsNoSocket) {
  const int file = ::open("/dev/null", O_RDONLY);
  EXPECT_FALSE(events->add(file, ear));
  events->remove(file);
  ::close(file);
}

}  // namespace
}  // namespace martlet

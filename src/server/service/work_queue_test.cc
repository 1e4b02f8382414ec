#include "server/service/work_queue.h"

#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <new>

namespace martlet {
namespace {

TEST(WorkQueue, WorkThatFindsNoMemoryEndsAlone) {
  WorkQueue queue(1, 10);
  const auto held = std::make_shared<int>(7);
  ASSERT_TRUE(queue.push([held] { throw std::bad_alloc(); }));
  std::promise<long> owners;
  ASSERT_TRUE(queue.push([&] { owners.set_value(held.use_count()); }));
  EXPECT_EQ(owners.get_future().get(), 1) << "what it held is let go";
}

TEST(WorkQueue, RefusesWhatDoesNotFit) {
  WorkQueue queue(1, 3);
  std::promise<void> begun;
  std::promise<void> end;
  ASSERT_TRUE(queue.push([&] {
    begun.set_value();
    end.get_future().wait();
  }));
  begun.get_future().wait();
  EXPECT_TRUE(queue.push([] {}, 2));
  EXPECT_FALSE(queue.push([] {}, 2));
  EXPECT_EQ(queue.waiting(), 2U);
  EXPECT_TRUE(queue.push([] {}, 1));
  end.set_value();
}

}  // namespace
}  // namespace martlet

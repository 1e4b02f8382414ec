#include "server/service/work_queue.h"

#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <new>

namespace martlet {
namespace {

TEST(WorkQueue, WorkThatFindsNoMemoryEndsAlone) {
  const auto held = std::make_shared<int>(7);
  std::promise<long> owners;
  WorkQueue queue(1, 10);
  ASSERT_TRUE(queue.push([held] { throw std::bad_alloc(); }));
  ASSERT_TRUE(queue.push([&] { owners.set_value(held.use_count()); }));
  EXPECT_EQ(owners.get_future().get(), 1) << "what it held is let go";
}

TEST(WorkQueue, RefusesWhatDoesNotFit) {
  std::promise<void> begun;
  std::promise<void> end;
  WorkQueue queue(1, 3);
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

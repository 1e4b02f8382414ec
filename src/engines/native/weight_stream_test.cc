#include "engines/native/weight_stream.h"

#include <gtest/gtest.h>

#include <array>

namespace martlet {
namespace {

using Bytes = WeightStream::Bytes;

constexpr std::size_t kAll = std::size_t{1} << 40;

std::array<std::byte, 400 << 10> memory;

/// `size` bytes of the memory, from `begin` on.
Bytes part(std::size_t begin, std::size_t size) { return Bytes(memory).subspan(begin, size); }

void expect_taken(WeightStream& stream, std::size_t bytes, Bytes expected) {
  const Bytes taken = stream.take(bytes);
  EXPECT_EQ(taken.data() - memory.data(), expected.data() - memory.data());
  EXPECT_EQ(taken.size(), expected.size());
}

/// One pass without a wait.
void pass(WeightStream& stream, std::initializer_list<Bytes> products) {
  stream.begin_pass();
  for (const Bytes& weights : products) stream.begin_product(weights);
}

TEST(WeightStream, KnowsNothingInTheFirstPass) {
  WeightStream stream;
  stream.reserve(4);
  stream.begin_pass();
  EXPECT_FALSE(stream.fetch(1000));
  stream.begin_product(part(0, 1000));
  EXPECT_TRUE(stream.take(kAll).empty());
}

TEST(WeightStream, TakesInTheOrderOfThePassBefore) {
  WeightStream stream;
  stream.reserve(4);
  pass(stream, {part(5000, 1000), part(0, 1000), part(2000, 1000)});
  stream.begin_pass();
  expect_taken(stream, 600, part(5000, 600));
  expect_taken(stream, kAll, part(5600, 400));
  expect_taken(stream, 100, part(0, 100));
  stream.begin_product(part(5000, 1000));
  expect_taken(stream, 100, part(100, 100));
  stream.begin_product(part(0, 1000));  // reads the rest of it by itself
  expect_taken(stream, kAll, part(2000, 1000));
  EXPECT_TRUE(stream.take(kAll).empty());
  EXPECT_FALSE(stream.fetch(1000));
}

TEST(WeightStream, StaysNearTheProductThatRuns) {
  constexpr std::size_t kPart = 100 << 10;
  WeightStream stream;
  stream.reserve(4);
  const auto products = {
      part(0, kPart), part(kPart, kPart), part(2 * kPart, kPart), part(3 * kPart, kPart)
  };
  pass(stream, products);
  stream.begin_pass();
  std::size_t taken = 0;
  while (const std::size_t bytes = stream.take(1000).size()) taken += bytes;
  EXPECT_EQ(taken, 256 << 10);
  stream.begin_product(part(0, kPart));
  while (const std::size_t bytes = stream.take(1000).size()) taken += bytes;
  EXPECT_EQ(taken, (256 << 10) + kPart);
}

TEST(WeightStream, LearnsAnotherOrderFromWhereItDiffers) {
  WeightStream stream;
  stream.reserve(4);
  pass(stream, {part(0, 1000), part(1000, 1000), part(2000, 1000)});
  stream.begin_pass();
  EXPECT_EQ(stream.take(kAll).size() + stream.take(kAll).size(), 2000);
  stream.begin_product(part(0, 1000));
  stream.begin_product(part(3000, 500));
  EXPECT_TRUE(stream.take(kAll).empty());
  stream.begin_product(part(4000, 500));
  stream.begin_pass();
  expect_taken(stream, kAll, part(0, 1000));
  expect_taken(stream, kAll, part(3000, 500));
  expect_taken(stream, kAll, part(4000, 500));
  EXPECT_TRUE(stream.take(kAll).empty());
}

TEST(WeightStream, ForgetsProductsThatItHasNoRoomFor) {
  WeightStream stream;
  stream.reserve(2);
  for (int round = 0; round < 2; ++round)
    pass(stream, {part(0, 1000), part(1000, 1000), part(2000, 1000)});
  stream.begin_pass();
  expect_taken(stream, kAll, part(0, 1000));
  expect_taken(stream, kAll, part(1000, 1000));
  EXPECT_TRUE(stream.take(kAll).empty());
  WeightStream none;
  pass(none, {part(0, 1000)});
  EXPECT_FALSE(none.fetch(1000));
}

}  // namespace
}  // namespace martlet

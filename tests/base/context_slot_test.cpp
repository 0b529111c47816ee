#include "spark/base/context_slot.h"

#include <gtest/gtest.h>

#include <thread>
#include <type_traits>

namespace spark {
namespace {

static_assert(std::is_trivially_copyable_v<ContextSlot>);
static_assert(sizeof(ContextSlot) == 48);

TEST(ContextSlot, each_thread_begins_with_an_empty_one_of_its_own) {
  context_slot().words[0] = 7;
  context_slot().chain = 1;
  ContextSlot other{.words = {1, 2, 3, 4}, .flags = 5, .chain = 6, .carried = 7};
  std::thread([&] {
    other = context_slot();
    context_slot().words[0] = 8;
  }).join();
  EXPECT_EQ(other, ContextSlot{});
  EXPECT_EQ(context_slot().words[0], 7U);
  EXPECT_EQ(context_slot().chain, 1U);
  context_slot() = {};
}

}  // namespace
}  // namespace spark

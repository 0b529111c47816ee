#include "spark/base/random.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <thread>
#include <unordered_set>

namespace spark {
namespace {

TEST(Random, is_wyrand) {
  // Made by an independent implementation of wyrand (wyhash v4) from the seed 0.
  Random random(0);
  EXPECT_EQ(random.next(), 0x111CB3A78F59A58EULL);
  EXPECT_EQ(random.next(), 0xCEABD938FF4E856DULL);
  EXPECT_EQ(random.next(), 0x61FB51318F47D2A4ULL);
}

TEST(Random, the_same_seed_gives_the_same_numbers) {
  Random a(42), b(42), c(43);
  for (int i = 0; i < 100; ++i) {
    const auto number = a.next();
    EXPECT_EQ(number, b.next());
    EXPECT_NE(number, c.next());
  }
}

TEST(Random, every_bit_is_set_about_half_of_the_time) {
  Random random(1);
  int set[64] = {};
  constexpr int draws = 10'000;
  for (int i = 0; i < draws; ++i) {
    const auto number = random.next();
    for (int bit = 0; bit < 64; ++bit) set[bit] += static_cast<int>((number >> bit) & 1);
  }
  // Ten standard deviations (50) on either side.
  for (int bit = 0; bit < 64; ++bit) {
    EXPECT_GT(set[bit], 4'500) << "bit " << bit;
    EXPECT_LT(set[bit], 5'500) << "bit " << bit;
  }
}

TEST(OperatingSystemRandom, does_not_repeat) {
  std::unordered_set<std::uint64_t> seen;
  for (int i = 0; i < 1'000; ++i) seen.insert(operating_system_random());
  EXPECT_EQ(seen.size(), 1'000U);
}

TEST(ThreadRandom, is_one_generator_for_each_thread) {
  Random* const mine = &thread_random();
  EXPECT_EQ(mine, &thread_random());
  Random* other = nullptr;
  std::uint64_t others_number = 0;
  std::thread([&] {
    other = &thread_random();
    others_number = other->next();
  }).join();
  EXPECT_NE(mine, other);
  EXPECT_NE(mine->next(), others_number);
}

TEST(ThreadRandom, a_forked_child_does_not_repeat_its_parents_numbers) {
  thread_random().next();
  int channel[2];
  ASSERT_EQ(pipe(channel), 0);
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const std::uint64_t number = thread_random().next();
    const bool written = write(channel[1], &number, sizeof number) == sizeof number;
    _exit(written ? 0 : 1);
  }
  std::uint64_t childs = 0;
  EXPECT_EQ(read(channel[0], &childs, sizeof childs), static_cast<ssize_t>(sizeof childs));
  EXPECT_NE(thread_random().next(), childs);
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  close(channel[0]);
  close(channel[1]);
}

}  // namespace
}  // namespace spark

// A child that was forked while another thread warned of a variable can warn of one, too.
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>

#include "fakes/forked_child.h"
#include "telemetry/environment_variables.h"

namespace spark::fakes {
namespace {

TEST(Fork, a_child_never_waits_for_a_warning_of_a_thread_that_it_does_not_have) {
  std::atomic<bool> is_over{false};
  std::thread warns([&] {
    while (!is_over) detail::ignore_variable("SPARK_TEST_FORK", "it is tested");
  });
  for (int i = 0; i < 100; ++i) {
    const std::string wrong = in_child([] {
      ::alarm(20);  // ends a child that hangs
      detail::ignore_variable("SPARK_TEST_FORK", "it is tested");
      return std::string();
    });
    EXPECT_EQ(wrong, "") << "in child " << i;
    if (!wrong.empty()) break;
  }
  is_over = true;
  warns.join();
}

}  // namespace
}  // namespace spark::fakes

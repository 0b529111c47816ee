// A spool file when the allocator refuses, at each of its allocations in turn: nothing stays open.
#include <gtest/gtest.h>

#include <filesystem>
#include <iterator>
#include <new>

#include "backends/reliable/spool_file.h"
#include "backends/temporary_directory.h"
#include "fakes/refused_allocations.h"

namespace spark::detail::reliable {
namespace {

std::ptrdiff_t open_files() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), std::filesystem::directory_iterator());
}

TEST(SpoolOutOfMemory, a_file_that_could_not_be_opened_is_closed_and_free_for_the_next) {
  const testing::TemporaryDirectory directory;
  // Long enough to need memory of its own.
  const SpoolFileOptions options{.path = directory.file("a spool with a long name"), .bytes = 1 << 20};
  static_cast<void>(SpoolFile::open(options, true));
  const std::ptrdiff_t before = open_files();
  std::size_t refusals = 0;
  for (bool has_thrown = true; has_thrown; ++refusals) {
    has_thrown = false;
    testing::allocations_left = refusals;
    try {
      const auto file = SpoolFile::open(options, true);
      testing::allocations_left = testing::without_end;
      ASSERT_NE(file, nullptr) << "it is locked after allocation " << refusals - 1 << " was refused";
    } catch (const std::bad_alloc&) {
      has_thrown = true;
    }
    testing::allocations_left = testing::without_end;
    ASSERT_EQ(open_files(), before) << "after allocation " << refusals << " was refused";
  }
  EXPECT_GT(refusals, 3U);
}

}  // namespace
}  // namespace spark::detail::reliable

// Documents: writing them never emptied SQLite's log, and one nested too deeply was stored but could not be read.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "backends/temporary_directory.h"
#include "spark/backends/sqlite.h"
#include "spark/base/error.h"

namespace spark::testing {
namespace {

// An array in an array and so on, `levels` in all.
Value nested(int levels) {
  Value value(Array{});
  for (int level = 1; level < levels; ++level) {
    Array outer;
    outer.push_back(std::move(value));
    value = Value(std::move(outer));
  }
  return value;
}

TEST(SqliteDocuments, do_not_let_the_log_grow_without_bound) {
  const TemporaryDirectory directory;
  const std::string path = directory.file("documents.db");
  SqliteStore store({.path = path, .checkpoint_bytes = 1 << 20});
  std::uintmax_t largest = 0;
  for (int i = 0; i < 50; ++i) {
    store.put("checkpoint", "run " + std::to_string(i), Value(std::string(200'000, 'x')), 0);
    largest = std::max(largest, std::filesystem::file_size(path + "-wal"));
  }
  EXPECT_GT(largest, 200'000U);
  EXPECT_LT(largest, 2'000'000U) << "checkpoint_bytes and one document";
}

TEST(SqliteDocuments, too_deep_to_be_read_back_are_refused) {
  const TemporaryDirectory directory;
  SqliteStore store({.path = directory.file("documents.db")});
  for (const int levels : {1'002, 5'000}) {
    try {
      store.put("kind", "id", nested(levels), 0);
      ADD_FAILURE() << levels << " levels were taken";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
      EXPECT_NE(std::string(error.what()).find("kind/id"), std::string::npos) << error.what();
    }
  }
  EXPECT_FALSE(store.get("kind", "id").has_value());
  EXPECT_EQ(store.list("kind"), std::vector<std::string>{});
  EXPECT_EQ(store.put("kind", "id", nested(1'000), 0), 1U);
  EXPECT_EQ(store.get("kind", "id").value().content, nested(1'000));
}

}  // namespace
}  // namespace spark::testing

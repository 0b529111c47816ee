// The memory store and SQLite answer alike: the same random records in both, and to each random query the same rows,
// page by page. What the contract's cases did not think of shows here.
#include <gtest/gtest.h>

#include <cstdlib>

#include "backends/contract_tables.h"
#include "backends/random_queries.h"
#include "backends/temporary_directory.h"
#include "backends/whole_answers.h"
#include "spark/backends/memory.h"
#include "spark/backends/sqlite.h"

namespace spark::testing {
namespace {

TEST(Stores, agree_on_random_records_and_queries) {
  const bool is_full = std::getenv("SPARK_TEST_FULL") != nullptr;
  const std::uint64_t rounds = is_full ? 200 : 4;
  constexpr int batches = 8, queries = 60;
  std::size_t rows = 0;
  for (std::uint64_t seed = 1; seed <= rounds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    RandomQueries random(seed);
    const TemporaryDirectory directory;
    MemoryStore memory;
    SqliteStore sqlite({.path = directory.file("telemetry.db")});
    for (int i = 0; i < batches; ++i) {
      BatchBuilder builder(std::make_shared<const Resource>(test_resource()));
      random.fill(builder);
      const auto batch = builder.build();
      memory.write(*batch);
      sqlite.write(*batch);
    }
    const auto compare = [&](const auto& query) {
      const std::string expected = all_pages(memory, query);
      ASSERT_EQ(all_pages(sqlite, query), expected);
      rows += static_cast<std::size_t>(std::count(expected.begin(), expected.end(), '\n'));
    };
    for (int i = 0; i < queries; ++i) {
      SCOPED_TRACE("query " + std::to_string(i));
      compare(random.trace_query());
      compare(random.span_query());
      compare(random.event_query());
      compare(random.metric_query());
      compare(random.graph_query());
      const SpanQuery query = random.span_query();
      ASSERT_EQ(all_spans(sqlite, query), all_spans(memory, query));
      if (HasFatalFailure()) return;
    }
  }
  EXPECT_GT(rows, rounds * queries) << "the queries match next to nothing";
}

}  // namespace
}  // namespace spark::testing

// The memory store, SQLite and what Store itself has give the same groups of the same random records, which are those
// that brute force finds.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>

#include "backends/aggregate_reference.h"
#include "backends/aggregate_tables.h"
#include "backends/contract_tables.h"
#include "backends/random_queries.h"
#include "backends/store_of_pages.h"
#include "backends/temporary_directory.h"
#include "spark/backends/memory.h"
#include "spark/backends/sqlite.h"
#include "spark/base/json.h"

namespace spark::testing {
namespace {

using Field = GroupBy::Field;

// Sums may differ by their last rounding; all else is the same.
bool is_near(double actual, double expected) {
  if (std::isnan(expected)) return std::isnan(actual);
  return actual == expected || std::fabs(actual - expected) <= 1e-15 * std::fabs(expected);
}
std::string all_but_sums(const Group& group) {
  Group rest = group;
  rest.sum = rest.mean = 0;
  return text(Groups{{rest}});
}

void expect_equal(const char* store, const Groups& actual, const Groups& expected) {
  SCOPED_TRACE(store);
  EXPECT_EQ(actual.truncated, expected.truncated);
  ASSERT_EQ(counts(actual), counts(expected));
  for (std::size_t i = 0; i < expected.size(); ++i) {
    ASSERT_EQ(all_but_sums(actual[i]), all_but_sums(expected[i]));
    ASSERT_TRUE(is_near(actual[i].sum, expected[i].sum)) << text(actual) << "expected " << text(expected);
    ASSERT_TRUE(is_near(actual[i].mean, expected[i].mean)) << text(actual) << "expected " << text(expected);
  }
}

// The conditions of a random query, and nothing else of it.
template <class Query>
Query conditions(Query query) {
  const Query usual;
  query.limit = usual.limit;
  query.offset = usual.offset;
  query.order = usual.order;
  query.with_attributes = usual.with_attributes;
  return query;
}

class Stores {
 public:
  explicit Stores(const TemporaryDirectory& directory) : sqlite_({.path = directory.file("telemetry.db")}) {}

  void write(const Batch& batch) {
    memory_.write(batch);
    sqlite_.write(batch);
    pages_.write(batch);
  }
  // How many groups there are.
  template <class Query>
  std::size_t compare(const Query& query, const Aggregation& aggregation) {
    Groups expected = reference_groups(run(memory_, query).rows, aggregation);
    const std::size_t groups = expected.size();
    expected.truncated = groups > aggregation.limit;
    if (expected.truncated) expected.rows.resize(aggregation.limit);
    expect_equal("memory", aggregate(memory_, query, aggregation), expected);
    expect_equal("sqlite", aggregate(sqlite_, query, aggregation), expected);
    expect_equal("pages", aggregate(pages_, query, aggregation), expected);
    return groups;
  }

 private:
  MemoryStore memory_;
  SqliteStore sqlite_;
  StoreOfPages pages_;
};

TEST(Aggregates, agree_on_random_records_and_queries) {
  const std::uint64_t rounds = std::getenv("SPARK_TEST_FULL") != nullptr ? 200 : 6;
  constexpr int batches = 8, queries = 80;
  std::size_t groups = 0;
  for (std::uint64_t seed = 1; seed <= rounds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    RandomQueries random(seed);
    const TemporaryDirectory directory;
    Stores stores(directory);
    for (int i = 0; i < batches; ++i) {
      BatchBuilder builder(std::make_shared<const Resource>(test_resource()));
      random.fill(builder);
      stores.write(*builder.build());
    }
    for (int i = 0; i < queries; ++i) {
      SCOPED_TRACE("query " + std::to_string(i));
      groups += stores.compare(conditions(random.trace_query()),
                               random.aggregation({Field::name, Field::status, Field::trace_id, Field::attribute,
                                                   Field::attribute, Field::time}));
      groups += stores.compare(conditions(random.span_query()),
                               random.aggregation({Field::name, Field::kind, Field::status, Field::error_type,
                                                   Field::trace_id, Field::attribute, Field::attribute, Field::time}));
      groups += stores.compare(conditions(random.event_query()),
                               random.aggregation({Field::name, Field::event_type, Field::trace_id, Field::attribute,
                                                   Field::attribute, Field::time}));
      groups += stores.compare(conditions(random.metric_query()),
                               random.aggregation({Field::name, Field::unit, Field::trace_id, Field::attribute,
                                                   Field::attribute, Field::time}));
      if (::testing::Test::HasFailure()) return;
    }
  }
  EXPECT_GT(groups, rounds * queries * 4) << "the queries match next to nothing";
}

}  // namespace
}  // namespace spark::testing

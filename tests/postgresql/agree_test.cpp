// PostgreSQL and the memory store answer alike: the same random records in both, and to each random query the same
// rows, page by page, and the same groups. What the contract's cases did not think of shows here.
#include <cmath>
#include <cstdlib>

#include "backends/aggregate_reference.h"
#include "backends/aggregate_tables.h"
#include "backends/contract_tables.h"
#include "backends/random_queries.h"
#include "backends/whole_answers.h"
#include "postgresql/fixture.h"
#include "spark/backends/memory.h"

namespace spark::testing {
namespace {

using Field = GroupBy::Field;
using PostgresqlAgrees = PostgresqlTest;

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

// Sums may differ by their last rounding; all else is the same.
bool is_near(double actual, double expected) {
  if (std::isnan(expected)) return std::isnan(actual);
  return actual == expected || std::fabs(actual - expected) <= 1e-15 * std::fabs(expected);
}

template <class Query>
void compare_groups(Store& actual_store, Store& expected_store, const Query& query, Aggregation aggregation) {
  // Groups whose sums are equal but for their rounding have no order among each other.
  if (aggregation.order == GroupOrder::sum) aggregation.order = GroupOrder::key;
  const Groups actual = aggregate(actual_store, query, aggregation);
  const Groups expected = aggregate(expected_store, query, aggregation);
  ASSERT_EQ(actual.truncated, expected.truncated);
  ASSERT_EQ(counts(actual), counts(expected));
  for (std::size_t i = 0; i < expected.size(); ++i) {
    ASSERT_TRUE(is_near(actual[i].sum, expected[i].sum)) << text(actual) << "expected " << text(expected);
    ASSERT_TRUE(is_near(actual[i].mean, expected[i].mean)) << text(actual) << "expected " << text(expected);
    Group same_sum = actual[i];
    same_sum.sum = expected[i].sum;
    same_sum.mean = expected[i].mean;
    ASSERT_EQ(text(Groups{{same_sum}}), text(Groups{{expected[i]}}));
  }
}

class Comparison {
 public:
  Comparison(Store& postgresql, Store& memory) : postgresql_(postgresql), memory_(memory) {}

  void queries(RandomQueries& random) {
    compare(random.trace_query());
    compare(random.span_query());
    compare(random.event_query());
    compare(random.metric_query());
    compare(random.graph_query());
    const SpanQuery query = random.span_query();
    ASSERT_EQ(all_spans(postgresql_, query), all_spans(memory_, query));
  }
  void aggregates(RandomQueries& random) {
    const Field attribute = Field::attribute;
    groups(random.trace_query(),
           random.aggregation({Field::name, Field::status, Field::trace_id, attribute, Field::time}));
    groups(random.span_query(), random.aggregation({Field::name, Field::kind, Field::status, Field::error_type,
                                                    Field::trace_id, attribute, Field::time}));
    groups(random.event_query(),
           random.aggregation({Field::name, Field::event_type, Field::trace_id, attribute, Field::time}));
    groups(random.metric_query(),
           random.aggregation({Field::name, Field::unit, Field::trace_id, attribute, Field::time}));
  }
  [[nodiscard]] std::size_t rows() const noexcept { return rows_; }

 private:
  template <class Query>
  void compare(const Query& query) {
    const std::string expected = all_pages(memory_, query);
    ASSERT_EQ(all_pages(postgresql_, query), expected);
    rows_ += static_cast<std::size_t>(std::count(expected.begin(), expected.end(), '\n'));
  }
  template <class Query>
  void groups(const Query& query, const Aggregation& aggregation) {
    compare_groups(postgresql_, memory_, conditions(query), aggregation);
  }

  Store& postgresql_;
  Store& memory_;
  std::size_t rows_ = 0;
};

TEST_F(PostgresqlAgrees, with_the_memory_store_on_random_records_and_queries) {
  const std::uint64_t rounds = std::getenv("SPARK_TEST_FULL") != nullptr ? 100 : 2;
  constexpr int batches = 8, queries = 40;
  std::size_t rows = 0;
  for (std::uint64_t seed = 1; seed <= rounds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    RandomQueries random(seed);
    MemoryStore memory;
    PostgresqlStore store({.connection_string = server().uri(server().make_database()),
                           .partitioning = seed % 2 == 0 ? Partitioning::native : Partitioning::none});
    for (int i = 0; i < batches; ++i) {
      BatchBuilder builder(std::make_shared<const Resource>(test_resource()));
      random.fill(builder);
      const auto batch = builder.build();
      memory.write(*batch);
      store.write(*batch);
    }
    Comparison comparison(store, memory);
    for (int i = 0; i < queries; ++i) {
      SCOPED_TRACE("query " + std::to_string(i));
      comparison.queries(random);
      comparison.aggregates(random);
      if (HasFatalFailure()) return;
    }
    rows += comparison.rows();
  }
  EXPECT_GT(rows, rounds * queries) << "the queries match next to nothing";
}

}  // namespace
}  // namespace spark::testing

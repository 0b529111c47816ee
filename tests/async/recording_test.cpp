#include "spark/async/recording.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

#include "fakes/tasks.h"
#include "spark/async/sync_wait.h"

namespace spark {
namespace {

using test::hop;

class AsyncRecording : public testing::Test {
 protected:
  TelemetryManager manager_{TelemetryConfig::create_memory()};
};

template <class Query>
Task<std::size_t> count(TelemetryManager& manager, Query query) {
  const auto page = co_await async_query(manager, query);
  co_return page.size();
}

TEST_F(AsyncRecording, flushes_and_queries_every_kind_of_record) {
  {
    const ActiveTrace trace = manager_.start_trace("the trace");
    const ActiveSpan span = manager_.start_span("the span", trace.trace_id);
    manager_.record_event({.event_type = "milestone", .name = "the event"});
    manager_.record_metric({.name = "the metric", .value = 42});
    manager_.record_graph({.hash = "h", .graph_id = "the graph", .version = "1"});
  }
  EXPECT_TRUE(sync_wait(async_flush(manager_)).complete());
  EXPECT_EQ(sync_wait(count(manager_, TraceQuery{.name = "the trace"})), 1U);
  EXPECT_EQ(sync_wait(count(manager_, SpanQuery{.name = "the span"})), 1U);
  EXPECT_EQ(sync_wait(count(manager_, EventQuery{.event_type = "milestone"})), 1U);
  EXPECT_EQ(sync_wait(count(manager_, MetricQuery{.name = "the metric"})), 1U);
  EXPECT_EQ(sync_wait(count(manager_, GraphQuery{.graph_id = "the graph"})), 1U);
  EXPECT_EQ(sync_wait(count(manager_, SpanQuery{.name = "another"})), 0U);
}

template <class Query>
Task<std::uint64_t> count_in_first_group(TelemetryManager& manager, Query query) {
  const Aggregation aggregation{.by = {group_by_name()}};
  const Groups groups = co_await async_aggregate(manager, query, aggregation);
  co_return groups.empty() ? 0 : groups.front().count;
}

TEST_F(AsyncRecording, aggregates_every_kind_of_record) {
  {
    const ActiveTrace trace = manager_.start_trace("t");
    for (int i = 0; i < 2; ++i) const ActiveSpan span = manager_.start_span("s", trace.trace_id);
    for (int i = 0; i < 3; ++i) manager_.record_event({.event_type = "milestone", .name = "e"});
    for (int i = 0; i < 4; ++i) manager_.record_metric({.name = "m", .value = 42});
  }
  manager_.flush();
  EXPECT_EQ(sync_wait(count_in_first_group(manager_, TraceQuery{.name = "t"})), 1U);
  EXPECT_EQ(sync_wait(count_in_first_group(manager_, SpanQuery{.name = "s"})), 2U);
  EXPECT_EQ(sync_wait(count_in_first_group(manager_, EventQuery{.name = "e"})), 3U);
  EXPECT_EQ(sync_wait(count_in_first_group(manager_, MetricQuery{.name = "m"})), 4U);
  EXPECT_EQ(sync_wait(count_in_first_group(manager_, SpanQuery{.name = "another"})), 0U);
}

TEST_F(AsyncRecording, an_aggregate_keeps_a_copy_of_what_it_was_given) {
  manager_.start_trace("kept").end();
  manager_.flush();
  Task<Groups> task;
  {
    TraceQuery query{.name = "kept"};
    Aggregation aggregation{.by = {group_by_attribute("no", "such", "attribute")}};
    task = async_aggregate(manager_, query, aggregation);
    query.name = "overwritten";
    aggregation.by.clear();
  }
  const Groups groups = sync_wait(std::move(task));
  ASSERT_EQ(groups.size(), 1U);
  EXPECT_EQ(groups.front().keys, std::vector<Value>{Value()});
}

template <class Query, class Asked>
concept CanAggregate = requires(TelemetryManager& manager, Query&& query, Asked&& asked) {
  async_aggregate(manager, std::forward<Query>(query), std::forward<Asked>(asked));
};
static_assert(CanAggregate<SpanQuery&, Aggregation&> && CanAggregate<const SpanQuery&, const Aggregation&>);
static_assert(!CanAggregate<SpanQuery, Aggregation&> && !CanAggregate<SpanQuery&, Aggregation> &&
              !CanAggregate<SpanQuery, Aggregation>);

TEST_F(AsyncRecording, a_query_keeps_a_copy_of_what_it_was_given) {
  manager_.start_trace("kept").end();
  manager_.flush();
  Task<Page<Trace>> task;
  {
    TraceQuery query{.name = "kept"};
    task = async_query(manager_, query);
    query.name = "overwritten";
  }
  EXPECT_EQ(sync_wait(std::move(task)).size(), 1U);
}

TEST_F(AsyncRecording, an_error_of_a_query_passes) {
  manager_.shutdown();
  const SpanQuery query;
  try {
    sync_wait(async_query(manager_, query));
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::shut_down);
  }
}

TEST_F(AsyncRecording, in_span_awaits_inside_a_span_and_gives_the_result) {
  const auto task = [&]() -> Task<int> {
    const auto work = [](ActiveSpan& span) -> Task<int> {
      co_await hop();
      span.set_attribute("rows", 3);
      co_return TelemetryContext::current().span_id() == span.span_id() ? 3 : 0;
    };
    co_return co_await in_span(manager_, "load", work);
  };
  EXPECT_EQ(sync_wait(task()), 3);
  manager_.flush();
  const Page<Span> spans = manager_.query_spans();
  ASSERT_EQ(spans.size(), 1U);
  EXPECT_EQ(spans[0].name, "load");
  EXPECT_EQ(spans[0].status, SpanStatus::completed);
  EXPECT_EQ(spans[0].attributes, (Object{{"rows", 3}}));
}

TEST_F(AsyncRecording, in_span_copies_name_and_options_and_begins_when_awaited) {
  const auto nothing = [](ActiveSpan&) -> Task<void> { co_return; };
  Task<void> task;
  {
    const std::string name = "a name that is built at run time, longer than any inline buffer";
    const Object attributes{{"query_type", "select"}, {"text", std::string(100, 'x')}};
    const TaskSpanOptions options{.kind = SpanKind::CLIENT, .attributes = attributes};
    task = in_span(manager_, name, options, nothing);
  }
  manager_.flush();
  EXPECT_EQ(manager_.query_spans().size(), 0U);
  sync_wait(std::move(task));
  manager_.flush();
  const Page<Span> spans = manager_.query_spans();
  ASSERT_EQ(spans.size(), 1U);
  EXPECT_EQ(spans[0].name, "a name that is built at run time, longer than any inline buffer");
  EXPECT_EQ(spans[0].kind, SpanKind::CLIENT);
  EXPECT_EQ(spans[0].attributes, (Object{{"query_type", "select"}, {"text", std::string(100, 'x')}}));
}

TEST_F(AsyncRecording, in_span_records_an_exception_and_passes_it_on) {
  const auto fail = [](ActiveSpan&) -> Task<void> {
    co_await hop();
    throw std::runtime_error("no such table");
  };
  EXPECT_THROW(sync_wait(in_span(manager_, "query", fail)), std::runtime_error);
  manager_.flush();
  const Page<Span> spans = manager_.query_spans();
  ASSERT_EQ(spans.size(), 1U);
  EXPECT_EQ(spans[0].status, SpanStatus::failed);
  EXPECT_EQ(spans[0].error_type, "std::runtime_error");
  EXPECT_EQ(spans[0].status_message, "no such table");
}

}  // namespace
}  // namespace spark

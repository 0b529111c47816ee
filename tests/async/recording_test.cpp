#include "spark/async/recording.h"

#include <gtest/gtest.h>

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <stdexcept>
#include <string>

#include "spark/async/sync_wait.h"

namespace spark {
namespace {

class AsyncRecording : public testing::Test {
 protected:
  TelemetryManager manager_{TelemetryConfig::create_memory()};
};

Task<void> hop() { co_await boost::asio::post(boost::asio::use_awaitable); }

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

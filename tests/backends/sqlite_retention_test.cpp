// What retention deletes, in which order, and what stays; by hand (prune) and by the store itself.
#include <gtest/gtest.h>

#include <chrono>
#include <thread>
#include <vector>

#include "backends/raw_database.h"
#include "backends/records.h"
#include "backends/temporary_directory.h"
#include "spark/backends/sqlite.h"
#include "spark/base/error.h"
#include "spark/telemetry/manager.h"

namespace spark::testing {
namespace {

using namespace std::chrono_literals;

class SqliteRetention : public ::testing::Test {
 protected:
  // A trace with one span, one event and one metric, all with its number.
  static void add_trace(BatchBuilder& batch, std::uint64_t number, std::int64_t start_ms,
                        std::optional<std::int64_t> end_ms) {
    Trace trace{.trace_id = trace_id(number), .name = "trace", .start_time = at(start_ms)};
    if (end_ms) {
      trace.end_time = at(*end_ms);
      trace.status = TraceStatus::completed;
    }
    batch.add(trace);
    batch.add(span_of(number, number, start_ms, end_ms.value_or(start_ms)));
    batch.add(event_of(number, start_ms, number));
    batch.add(metric_of(number, start_ms, number));
  }
  static Span span_of(std::uint64_t trace, std::uint64_t span, std::int64_t start_ms, std::int64_t end_ms) {
    return {.span_id = span_id(span),
            .trace_id = trace_id(trace),
            .name = "span",
            .start_time = at(start_ms),
            .end_time = at(end_ms)};
  }
  static Event event_of(std::uint64_t trace, std::int64_t ms, std::uint64_t id) {
    return {.event_id = record_id(id),
            .trace_id = trace == 0 ? TraceId() : trace_id(trace),
            .name = "event",
            .timestamp = at(ms)};
  }
  static Metric metric_of(std::uint64_t trace, std::int64_t ms, std::uint64_t id) {
    return {.metric_id = record_id(id),
            .trace_id = trace == 0 ? TraceId() : trace_id(trace),
            .name = "metric",
            .timestamp = at(ms)};
  }
  static void write_traces(Store& store, std::uint64_t first, std::uint64_t last) {
    write(store, [&](BatchBuilder& batch) {
      for (std::uint64_t number = first; number <= last; ++number) {
        const auto start_ms = static_cast<std::int64_t>(number) * 1'000;
        add_trace(batch, number, start_ms, start_ms + 10);
      }
    });
  }
  // What is there of each kind, as ids, oldest or newest first as the store answers.
  static std::string contents(Store& store) {
    return "traces " + ids(store.query_traces({})) + "; spans " + ids(store.query_spans({})) + "; events " +
           ids(store.query_events({})) + "; metrics " + ids(store.query_metrics({}));
  }
  std::string rows(const char* table) { return RawDatabase(path_).run(std::string("SELECT count(*) FROM ") + table); }

  TemporaryDirectory directory_;
  const std::string path_ = directory_.file("kept.db");
};

TEST_F(SqliteRetention, by_time_traces_go_with_everything_that_belongs_to_them) {
  SqliteStore store({.path = path_});
  write_traces(store, 1, 4);
  write(store, [](BatchBuilder& batch) {
    batch.add(event_of(0, 2'500, 11));  // of no trace, before and after the limit
    batch.add(event_of(0, 3'500, 12));
    batch.add(metric_of(0, 2'500, 13));
    batch.add(metric_of(0, 3'500, 14));
  });
  store.put("version", "etl", 1, 0);
  const PruneResult result = store.prune({.before = at(3'000)});
  EXPECT_EQ(contents(store), "traces T4 T3; spans S4 S3; events R4 R12 R3; metrics R4 R14 R3");
  EXPECT_EQ(result.traces, 2U);
  EXPECT_EQ(result.spans, 2U);
  EXPECT_EQ(result.events, 3U);
  EXPECT_EQ(result.metrics, 3U);
  EXPECT_TRUE(result.complete);
  EXPECT_EQ(rows("trace_ids"), "2\n");
  EXPECT_EQ(rows("names"), "4\n") << "names stay";
  EXPECT_EQ(rows("resources"), "1\n");
  EXPECT_EQ(store.get("version", "etl")->revision, 1U);
  EXPECT_EQ(RawDatabase(path_).run("PRAGMA integrity_check"), "ok\n");
}

TEST_F(SqliteRetention, the_end_decides_or_the_start_where_there_is_none) {
  SqliteStore store({.path = path_});
  write(store, [](BatchBuilder& batch) {
    add_trace(batch, 1, 1'000, 9'000);         // ran for long
    add_trace(batch, 2, 2'000, std::nullopt);  // still runs, or was killed
    add_trace(batch, 3, 3'000, 3'010);
    add_trace(batch, 4, 6'000, std::nullopt);
  });
  store.prune({.before = at(5'000)});
  EXPECT_EQ(ids(store.query_traces({})), "T4 T1");
  EXPECT_EQ(ids(store.query_spans({})), "S4 S1");
}

TEST_F(SqliteRetention, traces_known_from_their_spans_only_go_too) {
  SqliteStore store({.path = path_});
  write(store, [](BatchBuilder& batch) {
    add_local_root(batch, span_of(1, 1, 1'000, 1'010));
    batch.add(span_of(1, 2, 1'001, 1'002));
    add_local_root(batch, span_of(2, 3, 1'000, 8'000));
    add_local_root(batch, span_of(3, 4, 1'000, 1'010));  // its own row, below, is younger
    add_trace(batch, 3, 1'000, 9'000);
  });
  const PruneResult result = store.prune({.before = at(5'000)});
  EXPECT_EQ(ids(store.query_traces({})), "T3 T2");
  EXPECT_EQ(result.traces, 1U);
  EXPECT_EQ(result.spans, 2U);
  EXPECT_EQ(rows("implied_traces"), "2\n");
}

TEST_F(SqliteRetention, spans_and_points_whose_trace_has_no_row_go_by_their_last_moment) {
  SqliteStore store({.path = path_});
  write(store, [](BatchBuilder& batch) {
    batch.add(span_of(1, 1, 1'000, 1'010));
    batch.add(span_of(2, 2, 1'000, 1'010));
    batch.add(event_of(2, 9'000, 2));
    batch.add(metric_of(3, 1'000, 3));
    batch.add(event_of(4, 1'000, 4));
    add_trace(batch, 5, 8'000, 8'010);
  });
  const PruneResult result = store.prune({.before = at(5'000)});
  EXPECT_EQ(contents(store), "traces T5; spans S5 S2; events R2 R5; metrics R5");
  EXPECT_EQ(result.traces, 0U) << "none of them had one";
  EXPECT_EQ(rows("trace_ids"), "2\n");
}

TEST_F(SqliteRetention, a_large_trace_goes_in_several_transactions_its_own_row_last) {
  SqliteStore store({.path = path_});
  write(store, [](BatchBuilder& batch) {
    add_trace(batch, 1, 1'000, 1'010);
    for (std::uint64_t i = 100; i < 350; ++i) {
      batch.add(span_of(1, i, 1'000, 1'001));
      batch.add(event_of(1, 1'000, i));  // one and the same moment
      batch.add(metric_of(0, 1'000, i));
    }
  });
  std::vector<std::string> rest;
  const PruneResult result =
      store.prune({.before = at(5'000), .rows_per_transaction = 100, .progress = [&](const PruneResult& so_far) {
                     EXPECT_LE(so_far.spans + so_far.events + so_far.metrics, so_far.transactions * 100);
                     rest.push_back(ids(store.query_traces({})));
                     return true;
                   }});
  EXPECT_EQ(result.traces, 1U);
  EXPECT_EQ(result.spans + result.events + result.metrics, 753U);
  EXPECT_GE(result.transactions, 8U);
  EXPECT_EQ(rest.at(5), "T1") << "what is left of it is still found";
  EXPECT_EQ(contents(store), "traces ; spans ; events ; metrics ");
}

TEST_F(SqliteRetention, progress_may_end_it) {
  SqliteStore store({.path = path_});
  write_traces(store, 1, 100);
  const PruneResult result =
      store.prune({.before = at(1'000'000), .rows_per_transaction = 40, .progress = [](const PruneResult& so_far) {
                     return so_far.transactions < 3;
                   }});
  EXPECT_FALSE(result.complete);
  EXPECT_EQ(result.transactions, 3U);
  EXPECT_GT(result.traces, 5U);
  EXPECT_LT(result.traces, 50U);
  EXPECT_EQ(store.query_traces({}).rows.back().trace_id, trace_id(result.traces + 1)) << "the oldest went first";
}

TEST_F(SqliteRetention, without_a_goal_nothing_is_deleted) {
  SqliteStore store({.path = path_});
  write_traces(store, 1, 3);
  const PruneResult result = store.prune({});
  EXPECT_TRUE(result.complete);
  EXPECT_EQ(result.traces, 0U);
  EXPECT_GT(result.bytes_in_use, 8'192U);
  EXPECT_EQ(ids(store.query_traces({})), "T3 T2 T1");
  EXPECT_THROW(store.prune({.rows_per_transaction = 0}), Error);
}

TEST_F(SqliteRetention, by_size_the_oldest_go_until_it_fits) {
  SqliteStore store({.path = path_});
  for (std::uint64_t first = 1; first <= 9'001; first += 1'000) write_traces(store, first, first + 999);
  write(store, [](BatchBuilder& batch) {
    batch.add(metric_of(0, 500, 20'001));        // older than all traces
    batch.add(metric_of(0, 9'999'999, 20'002));  // younger
    batch.add(span_of(20'001, 20'004, 1, 9'999'999));
  });
  const std::uint64_t before = store.prune({}).bytes_in_use;
  const PruneResult result = store.prune({.max_bytes = before / 2});
  EXPECT_TRUE(result.complete);
  EXPECT_LE(result.bytes_in_use, before / 2);
  EXPECT_GT(result.bytes_in_use, before / 3);
  const auto left = store.query_traces({.limit = 20'000});
  EXPECT_EQ(left.size() + result.traces, 10'000U);
  EXPECT_EQ(left.rows.front().trace_id, trace_id(10'000));
  EXPECT_EQ(left.rows.back().trace_id, trace_id(result.traces + 1));
  EXPECT_EQ(store.query_spans({.limit = 20'000}).size(), left.size() + 1);
  EXPECT_EQ(store.query_metrics({.limit = 20'000}).size(), left.size() + 1);
  EXPECT_EQ(RawDatabase(path_).run("PRAGMA integrity_check"), "ok\n");
}

TEST_F(SqliteRetention, by_size_what_belongs_to_no_trace_goes_in_its_turn) {
  SqliteStore store({.path = path_});
  write_traces(store, 500, 502);
  write(store, [](BatchBuilder& batch) {
    for (std::uint64_t i = 1; i <= 30'000; ++i) batch.add(metric_of(0, static_cast<std::int64_t>(i), i));
  });
  const std::uint64_t before = store.prune({}).bytes_in_use;
  store.prune({.max_bytes = before / 2});
  EXPECT_EQ(ids(store.query_traces({})), "T502 T501 T500") << "they are younger than all of the metrics that went";
  EXPECT_LT(store.query_metrics({.limit = 40'000}).size(), 25'000U);
}

TEST_F(SqliteRetention, a_bound_that_documents_alone_exceed_deletes_all_else_and_ends) {
  SqliteStore store({.path = path_});
  write_traces(store, 1, 100);
  store.put("large", "one", std::string(3 << 20, 'x'), 0);
  const PruneResult result = store.prune({.max_bytes = 1 << 20});
  EXPECT_TRUE(result.complete);
  EXPECT_EQ(result.traces, 100U);
  EXPECT_GT(result.bytes_in_use, 3U << 20);
}

TEST_F(SqliteRetention, the_store_applies_its_age_after_a_write_once_a_minute) {
  VirtualClock clock(at(100'000));
  SqliteStore store({.path = path_, .retention_age = 50s, .clock = &clock});
  write_traces(store, 10, 10);  // the store's first write
  EXPECT_EQ(ids(store.query_traces({})), "") << "it was too old already";
  write_traces(store, 60, 60);
  clock.advance(20s);
  write_traces(store, 110, 110);
  EXPECT_EQ(ids(store.query_traces({})), "T110 T60") << "nothing is looked at yet";
  clock.advance(40s);
  write_traces(store, 150, 150);
  EXPECT_EQ(ids(store.query_traces({})), "T150 T110") << "it ended less than 50 s ago";
}

TEST_F(SqliteRetention, an_age_before_all_time_deletes_nothing) {
  VirtualClock clock(at(100'000));
  SqliteStore store({.path = path_, .retention_age = Seconds{1e12}, .clock = &clock});
  write_traces(store, 10, 10);
  EXPECT_EQ(ids(store.query_traces({})), "T10");
}

TEST_F(SqliteRetention, a_managers_store_keeps_within_its_size) {
  TelemetryConfig config = TelemetryConfig::create_sqlite(path_);
  config.retention_bytes = 1 << 20;
  {
    TelemetryManager manager(config);
    for (int i = 0; i < 20'000; ++i) {
      const ActiveTrace trace = manager.start_trace("t");
      const ActiveSpan span = manager.start_span("s", trace.trace_id, {.attributes = {{"i", i}}});
      if (i % 500 != 0) continue;
      ASSERT_TRUE(manager.flush(60s).complete());
    }
    ASSERT_TRUE(manager.flush(60s).complete());
    EXPECT_EQ(manager.stats().dropped(), 0U);
    const Page<Trace> newest = manager.query_traces({.limit = 1});
    EXPECT_EQ(newest.size(), 1U);
  }
  SqliteStore store({.path = path_});
  EXPECT_LT(store.prune({}).bytes_in_use, 2U << 20);
  EXPECT_GT(store.query_traces({.limit = 20'000}).size(), 500U);
  EXPECT_EQ(RawDatabase(path_).run("PRAGMA integrity_check"), "ok\n");
}

TEST_F(SqliteRetention, writers_remember_no_number_of_what_another_store_deleted) {
  SqliteStore one({.path = path_});
  SqliteStore two({.path = path_});
  write_traces(one, 1, 2);
  EXPECT_EQ(two.prune({.before = at(100'000)}).traces, 2U);
  write_traces(two, 3, 3);
  write_traces(one, 1, 1);
  EXPECT_EQ(contents(one), "traces T3 T1; spans S3 S1; events R3 R1; metrics R3 R1");
}

TEST_F(SqliteRetention, others_write_and_read_while_it_works) {
  SqliteStore store({.path = path_});
  for (std::uint64_t first = 1; first <= 9'001; first += 1'000) write_traces(store, first, first + 999);
  SqliteStore other({.path = path_});
  std::uint64_t written = 0;
  // Each transaction of the pruning is followed by a write of another thread, which it waits for.
  std::thread writer;
  const PruneResult result =
      store.prune({.before = at(20'000'000), .rows_per_transaction = 2'000, .progress = [&](const PruneResult&) {
                     if (writer.joinable()) writer.join();
                     ++written;
                     writer = std::thread([&other, number = 50'000 + written] {
                       write_traces(other, number, number);
                       EXPECT_FALSE(other.query_traces({.limit = 1}).rows.empty());
                     });
                     return true;
                   }});
  writer.join();
  EXPECT_EQ(result.traces, 10'000U);
  EXPECT_GE(written, 20U);
  EXPECT_EQ(store.query_traces({}).size(), written);
}

TEST_F(SqliteRetention, options_out_of_range_are_named) {
  const auto message_of = [&](const SqliteOptions& options) -> std::string {
    try {
      SqliteStore store(options);
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  };
  EXPECT_EQ(message_of({.path = path_, .retention_age = Seconds{-1}}), "SqliteOptions.retention_age must be 0 or more");
  EXPECT_EQ(message_of({.path = path_, .retention_bytes = 1'000}),
            "SqliteOptions.retention_bytes is 1000; it must be 0 or 1 MiB or more");
}

}  // namespace
}  // namespace spark::testing

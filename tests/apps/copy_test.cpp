// sparktel import from a database: whole, again, and after it was interrupted.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "apps/child_process.h"
#include "apps/exchange_fixture.h"
#include "apps/sparktel/formats/copy_records.h"
#include "apps/sparktel/sources/open.h"
#include "spark/base/error.h"

namespace spark::testing {
namespace {

using sparktel::copy_records;
using sparktel::CopyResult;
using sparktel::open_for_writing;
using sparktel::open_source;
using sparktel::Source;
using ::testing::HasSubstr;

class Copy : public ::testing::Test {
 protected:
  // So many traces with two spans, an event and a metric each.
  void fill(std::uint64_t traces) {
    SqliteStore store({.path = from});
    for (std::uint64_t i = 1; i <= traces; ++i) {
      write(store, [&](BatchBuilder& builder) {
        builder.add(make_trace(i, "run", 0, 100));
        for (const std::uint64_t number : {2 * i, 2 * i + 1}) {
          Span span = make_span(number, "step", 10, 20);
          span.trace_id = trace_id(i);
          builder.add(span);
        }
        Event event = make_event(i, "note", 15);
        event.trace_id = trace_id(i);
        builder.add(event);
        Metric metric = make_metric(i, "depth", 16);
        metric.trace_id = trace_id(i);
        builder.add(metric);
      });
    }
  }
  CopyResult copy(const std::function<void(std::uint64_t, double)>& progress = [](std::uint64_t, double) {}) {
    const std::unique_ptr<Source> source = open_source(from);
    const std::unique_ptr<Store> target = open_for_writing(to);
    const std::unique_ptr<Source> there = open_source(to);
    return copy_records(*source, {*target, *there}, progress);
  }
  static std::string exported(const std::string& database) { return run_sparktel({"export", database}).out; }

  TemporaryDirectory directory;
  std::string from = directory.file("from.db");
  std::string to = directory.file("to.db");
};

TEST_F(Copy, EverythingComesOverAndASecondTimeNothing) {
  {
    SqliteStore store({.path = from});
    fill_with_everything(store);
  }
  const ChildResult first = run_sparktel({"import", from, to});
  EXPECT_EQ(first.exit_code, 0) << first.error;
  EXPECT_THAT(first.out, HasSubstr(" records of " + from + " are in " + to + " now.\n"));
  EXPECT_EQ(exported(to), exported(from));
  const ChildResult second = run_sparktel({"import", from, to});
  EXPECT_THAT(second.out, HasSubstr("There already: 4 traces, passed over.\n2 records of "));  // the two graphs
  EXPECT_EQ(exported(to), exported(from));
}

TEST_F(Copy, OneThatWasInterruptedGoesOnWhereItWas) {
  fill(3'000);
  struct Interrupted {};
  // 5 records a trace and 10,000 a transaction: the second one is under way.
  const auto interrupt = [](std::uint64_t records, double) {
    if (records == 13'000) throw Interrupted();
  };
  EXPECT_THROW(copy(interrupt), Interrupted);
  const std::uint64_t there = open_source(to)->count_traces();
  EXPECT_GT(there, 1'900U);
  EXPECT_LT(there, 2'100U);
  const CopyResult rest = copy();
  EXPECT_GE(rest.traces_there, there - 1);  // the last one may be there in part
  EXPECT_LE(rest.imported.records, (3'000 - there + 1) * 5);
  EXPECT_EQ(exported(to), exported(from));
  EXPECT_EQ(copy().imported.records, 0U);
}

TEST_F(Copy, WhatCameSinceComesOverWithTheTraceItBelongsTo) {
  fill(5);
  copy();
  {
    SqliteStore store({.path = from});
    write(store, [&](BatchBuilder& builder) {
      Span late = make_span(900, "late", 30, 40);
      late.trace_id = trace_id(2);
      builder.add(late);
      builder.add(make_trace(6, "running", 50, std::nullopt));
    });
  }
  const CopyResult second = copy();
  EXPECT_EQ(second.traces_there, 4U);
  EXPECT_EQ(exported(to), exported(from));
  {
    SqliteStore store({.path = from});
    write(store, [&](BatchBuilder& builder) { builder.add(make_trace(6, "running", 50, 90)); });
  }
  EXPECT_EQ(copy().traces_there, 5U);
  EXPECT_EQ(exported(to), exported(from));
}

// Equal numbers of records do not make equal traces.
TEST_F(Copy, OtherRecordsOfTheSameTraceAreNotTakenForTheSame) {
  fill(1);
  {
    SqliteStore store({.path = to});
    write(store, [&](BatchBuilder& builder) {
      builder.add(make_trace(1, "run", 0, 100));
      for (const std::uint64_t number : {70U, 71U}) {
        Span span = make_span(number, "other", 10, 20);
        span.trace_id = trace_id(1);
        builder.add(span);
      }
      builder.add(make_event(77, "other", 15));
      builder.add(make_metric(77, "other", 16));
    });
  }
  EXPECT_EQ(copy().traces_there, 0U);
  EXPECT_EQ(open_source(to)->store().query_spans({}).size(), 4U);
}

TEST_F(Copy, ShareOfTheProgressReachesOne) {
  fill(10);
  double last = 0;
  copy([&](std::uint64_t, double share) {
    EXPECT_GE(share, last);
    last = share;
  });
  EXPECT_EQ(last, 1.0);
}

TEST_F(Copy, NotIntoItselfAndNotFromWhatIsNone) {
  fill(1);
  const std::string link = directory.file("link.db");
  std::filesystem::create_symlink(from, link);
  for (const std::string& same : {from, link}) {
    const ChildResult result = run_sparktel({"import", from, same});
    EXPECT_EQ(result.exit_code, 1);
    EXPECT_THAT(result.error, HasSubstr("into itself"));
  }
  write_file(to, "no database at all");
  const ChildResult result = run_sparktel({"import", from, to});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.error, HasSubstr("is not a SQLite database"));
}

}  // namespace
}  // namespace spark::testing

// Times as far apart as the type allows, which an imported file may hold: every command that looks at them ends in
// order.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "apps/child_process.h"
#include "backends/records.h"
#include "spark/backends/sqlite.h"

namespace spark::testing {
namespace {

using ::testing::HasSubstr;

constexpr Timestamp first_moment = Timestamp::min(), last_moment = Timestamp::max();

class HostileTimes : public ::testing::Test {
 protected:
  HostileTimes() {
    SqliteStore store({.path = path});
    write(store, [](BatchBuilder& builder) {
      Trace trace = make_trace(1, "all of time", 0, 1);
      trace.start_time = first_moment;
      trace.end_time = last_moment;
      trace.root_span_id = span_id(1);
      builder.add(trace);
      add(builder, 1, first_moment, last_moment);
      add(builder, 2, first_moment, Timestamp{});
      add(builder, 3, Timestamp{}, last_moment);
      add(builder, 4, last_moment, first_moment);
      Event event = make_event(1, "end", 0);
      event.timestamp = last_moment;
      builder.add(event);
    });
  }
  static void add(BatchBuilder& builder, std::uint64_t number, Timestamp start, Timestamp end) {
    Span span = make_span(number, "span " + std::to_string(number), 0, 1, {{"llm.cost", 0.5}, {"node_id", "n"}});
    span.start_time = start;
    span.end_time = end;
    if (number > 1) span.parent_span_id = span_id(1);
    builder.add(span);
  }

  TemporaryDirectory directory;
  const std::string path = directory.file("times.db");
};

TEST_F(HostileTimes, EveryCommandEndsInOrder) {
  for (const std::vector<std::string>& command : {std::vector<std::string>{"traces"},
                                                  {"spans"},
                                                  {"events"},
                                                  {"show"},
                                                  {"show", "--attributes"},
                                                  {"show", "--json"},
                                                  {"stats"},
                                                  {"stats", "--by", "hour"},
                                                  {"stats", "--of", "traces"},
                                                  {"cost"},
                                                  {"bottlenecks"},
                                                  {"bottlenecks", "--json"},
                                                  {"doctor"},
                                                  {"export", "--format", "csv", "--kind", "spans"},
                                                  {"export", "--format", "csv", "--kind", "traces"},
                                                  {"export", "--format", "chrome"},
                                                  {"export", "--since", "1d"}}) {
    std::vector<std::string> arguments = command;
    arguments.insert(arguments.end(), {"--db", path});
    const ChildResult result = run_sparktel(arguments);
    EXPECT_EQ(result.exit_code, 0) << ::testing::PrintToString(command) << result.error;
    EXPECT_NE(result.out, "") << ::testing::PrintToString(command);
    EXPECT_EQ(result.error.find("runtime error"), std::string::npos) << result.error;
  }
}

TEST_F(HostileTimes, WhatDoesNotFitIsCutAt292Years) {
  Span span = make_span(1, "s", 0, 1);
  span.start_time = first_moment;
  span.end_time = last_moment;
  EXPECT_EQ(span.duration(), Seconds(std::chrono::nanoseconds::max()));
  EXPECT_EQ(elapsed(last_moment, first_moment), std::chrono::nanoseconds::min());
  EXPECT_EQ(elapsed(Timestamp(std::chrono::nanoseconds(-1)), last_moment), std::chrono::nanoseconds::max());
  EXPECT_EQ(elapsed(at(5), at(3)), at(3) - at(5));
  const ChildResult result = run_sparktel({"export", "--format", "csv", "--kind", "spans", "--db", path});
  EXPECT_THAT(result.out, HasSubstr(",9223372036.854775807,"));
}

}  // namespace
}  // namespace spark::testing

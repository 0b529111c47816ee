// Messages without what differs, and failures that are put together by them.
#include "spark/analysis/error_groups.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "analysis/traces.h"
#include "spark/analysis/normalized_message.h"
#include "spark/base/error.h"
#include "spark/base/utf8.h"

namespace spark::analysis {
namespace {

using ::spark::testing::at;
using ::spark::testing::make_span;
using ::spark::testing::Recorded;
using ::spark::testing::trace_number;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(NormalizedMessage, ReplacesWhatDiffers) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"timeout after 31 ms", "timeout after <number> ms"},
      {"timeout after 29ms", "timeout after <number>ms"},
      {"took 1.5 s.", "took <number> s."},
      {"10.0.0.1:5432 refused", "<number>:<number> refused"},
      {"worker7 of pool-3", "worker<number> of pool-<number>"},
      {"run 01890a5d-ac96-774b-bcce-b302099a8057 failed", "run <uuid> failed"},
      {"at 0x7fff5fbff8c0", "at <hex>"},
      {"trace 4bf92f3577b34da6a3ce929d0e0e4736", "trace <hex>"},
      {"deadbeef and cafe", "deadbeef and cafe"},
      {"12345678", "<number>"},
      {"no key 'user' in \"map\"", "no key <text> in <text>"},
      {"can't open it, don't", "can't open it, don't"},
      {"'can't' and `x`", "<text> and <text>"},
      {"an open 'quote", "an open 'quote"},
      {"cannot open /var/lib/x.db: denied", "cannot open <path>: denied"},
      {"cannot open /var/lib/x.db.", "cannot open <path>."},
      {"in ./a, ../b/c and ~/d (/e)", "in <path>, <path> and <path> (<path>)"},
      {"C:\\data\\x.txt missing", "<path> missing"},
      {"read/write of 5/10 and / alone", "read/write of <number>/<number> and / alone"},
      {"GET https://api.example.com/v1/users/17 gave 404", "GET https://api.example.com<path> gave <number>"},
      {"http://host:8080", "http://host:<number>"},
      {"Grüße 3", "Grüße <number>"},
      {"", ""},
  };
  for (const auto& [message, expected] : cases) EXPECT_EQ(normalized_message(message), expected) << message;
}

TEST(NormalizedMessage, IsTheSameOfItself) {
  for (const char* message :
       {"timeout after 31 ms", "no key 'user' in /a/b", "run 0x7f at 10.0.0.1", "a/b 'c'd' \"e"}) {
    const std::string once = normalized_message(message);
    EXPECT_EQ(normalized_message(once), once);
  }
}

TEST(NormalizedMessage, IsBounded) {
  std::string digits;
  for (int i = 0; i < 100'000; ++i) digits += "1 ";
  EXPECT_LE(normalized_message(digits).size(), max_normalized_bytes);
  EXPECT_LE(normalized_message(std::string(1'000'000, '\'')).size(), max_normalized_bytes);
  std::string umlauts;
  for (int i = 0; i < 1'000; ++i) umlauts += "aü";
  const std::string cut = normalized_message(umlauts);
  EXPECT_LE(cut.size(), max_normalized_bytes);
  EXPECT_TRUE(is_storable_utf8(cut));
}

class Failures : public ::testing::Test {
 protected:
  void add(std::uint64_t trace, std::int64_t time, const std::string& message, const std::string& node = "",
           const std::string& type = "Timeout") {
    Span span = make_span(++number_, 0, time - 1, time, "Fetch");
    span.trace_id = trace_number(trace);
    span.status = SpanStatus::failed;
    span.status_message = message;
    span.error_type = type;
    if (!node.empty()) span.attributes = {{"node_id", node}};
    recorded_.add(span);
  }
  std::string printed(const ErrorReport& report) {
    std::string result;
    for (const ErrorGroup& group : report.groups) {
      result += std::to_string(group.count) + " " + group.node_id + "/" + group.span_name + " " + group.error_type +
                ": " + group.message + "\n";
    }
    return result;
  }

  Recorded recorded_;
  std::uint64_t number_ = 0;
};

TEST_F(Failures, AreOneGroupIfOnlyNumbersDiffer) {
  add(1, 10, "timeout after 31 ms", "a");
  add(2, 30, "timeout after 29 ms", "a");
  add(2, 20, "timeout after 30 ms", "a");
  add(3, 40, "timeout after 30 ms", "b");
  add(4, 50, "refused", "a");
  add(5, 60, "refused", "a", "Io");
  add(6, 70, "refused", "a", "Io");
  Span cancelled = make_span(90, 0, 0, 1);
  cancelled.status = SpanStatus::cancelled;
  recorded_.add(cancelled);
  const ErrorReport report = error_groups(recorded_.store());
  EXPECT_EQ(printed(report),
            "3 a/Fetch Timeout: timeout after <number> ms\n"
            "2 a/Fetch Io: refused\n"
            "1 a/Fetch Timeout: refused\n"
            "1 b/Fetch Timeout: timeout after <number> ms\n");
  EXPECT_EQ(report.failed_spans, 7u);
  EXPECT_EQ(report.others, 0u);
  const ErrorGroup& first = report.groups[0];
  EXPECT_EQ(first.first, at(10));
  EXPECT_EQ(first.last, at(30));
  EXPECT_DOUBLE_EQ(first.share, 3.0 / 7);
  EXPECT_EQ(first.example_message, "timeout after 29 ms");
  EXPECT_THAT(first.example_traces, ElementsAre(trace_number(2), trace_number(1)));
}

TEST_F(Failures, AreByNameWithoutAttributes) {
  add(1, 10, "x 1", "a");
  add(2, 30, "x 2", "b");
  EXPECT_EQ(printed(error_groups(recorded_.store(), {.by_node = false})), "2 /Fetch Timeout: x <number>\n");
}

TEST_F(Failures, HaveTheLatestTracesForExamples) {
  for (const std::uint64_t trace : {3, 1, 5, 2, 4, 5, 3}) add(trace, static_cast<std::int64_t>(trace), "x");
  EXPECT_THAT(error_groups(recorded_.store()).groups[0].example_traces,
              ElementsAre(trace_number(5), trace_number(4), trace_number(3)));
  EXPECT_THAT(error_groups(recorded_.store(), {.max_examples = 0}).groups[0].example_traces, IsEmpty());
}

TEST_F(Failures, BeyondABoundAreOthers) {
  for (int i = 0; i < 5; ++i) add(1, 10, std::string(static_cast<std::size_t>(i + 1), 'x'));
  add(1, 10, "x");
  const ErrorReport shown = error_groups(recorded_.store(), {.max_groups = 1});
  EXPECT_EQ(printed(shown), "2 /Fetch Timeout: x\n");
  EXPECT_EQ(shown.others, 4u);
  EXPECT_EQ(shown.groups_overflowed, 0u);
  const ErrorReport held = error_groups(recorded_.store(), {.max_groups_held = 2});
  EXPECT_EQ(held.groups.size(), 2u);
  EXPECT_EQ(held.others, 3u);
  EXPECT_EQ(held.groups_overflowed, 3u);
}

TEST_F(Failures, AreNarrowedByNameTraceAndTime) {
  add(1, 10, "x");
  add(2, 20, "x");
  const auto count = [&](const ErrorGroupOptions& options) {
    return error_groups(recorded_.store(), options).failed_spans;
  };
  EXPECT_EQ(count({.span_name = "F*"}), 2u);
  EXPECT_EQ(count({.span_name = "G*"}), 0u);
  EXPECT_EQ(count({.trace_id = trace_number(2)}), 1u);
  EXPECT_EQ(count({.start_time = {.from = at(15)}}), 1u);
  EXPECT_THROW((void)count({.max_groups = 0}), Error);
  EXPECT_THROW((void)count({.max_groups_held = 0}), Error);
}

TEST_F(Failures, ThatAreNoneAreAnEmptyReport) {
  recorded_.add(make_span(1, 0, 0, 1));
  EXPECT_EQ(error_groups(recorded_.store()), ErrorReport{});
}

}  // namespace
}  // namespace spark::analysis

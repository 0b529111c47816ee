#include "spark/propagation/trace_parent.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace spark {
namespace {

const std::string trace = "0af7651916cd43dd8448eb211c80319c", parent_span = "b7ad6b7169203331";

// The cases of https://www.w3.org/TR/trace-context/ for who receives a traceparent.
struct TraceParentCase {
  const char* what;
  std::string text;
  bool is_valid;
  std::uint8_t flags = 1;
};

const std::vector<TraceParentCase>& trace_parent_cases() {
  static const std::vector<TraceParentCase> cases{
      {"sampled", "00-" + trace + "-" + parent_span + "-01", true},
      {"not sampled", "00-" + trace + "-" + parent_span + "-00", true, 0},
      {"flags that nobody knows yet", "00-" + trace + "-" + parent_span + "-ff", true, 0xFF},
      {"flags of which sampled is none", "00-" + trace + "-" + parent_span + "-08", true, 8},
      {"empty", "", false},
      {"blank", " ", false},
      {"a dash only", "-", false},
      {"without flags", "00-" + trace + "-" + parent_span, false},
      {"without flags, with their dash", "00-" + trace + "-" + parent_span + "-", false},
      {"one digit of flags", "00-" + trace + "-" + parent_span + "-1", false},
      {"three digits of flags", "00-" + trace + "-" + parent_span + "-001", false},
      {"flags that are no digits", "00-" + trace + "-" + parent_span + "-.0", false},
      {"flags in upper case", "00-" + trace + "-" + parent_span + "-0A", false},
      {"something behind the flags", "00-" + trace + "-" + parent_span + "-01-what-the-future-will-be-like", false},
      {"a dash behind the flags", "00-" + trace + "-" + parent_span + "-01-", false},
      {"a dot behind the flags", "00-" + trace + "-" + parent_span + "-01.what", false},
      {"a trace id of zeros", "00-00000000000000000000000000000000-" + parent_span + "-01", false},
      {"a trace id in upper case", "00-0AF7651916CD43DD8448EB211C80319C-" + parent_span + "-01", false},
      {"a trace id with one upper case digit", "00-0af7651916cd43dd8448eb211c80319C-" + parent_span + "-01", false},
      {"a trace id that is no number", "00-.af7651916cd43dd8448eb211c80319c-" + parent_span + "-01", false},
      {"a trace id that is too short", "00-" + trace.substr(1) + "-" + parent_span + "-01", false},
      {"a trace id that is too long", "00-0" + trace + "-" + parent_span + "-01", false},
      {"a span id of zeros", "00-" + trace + "-0000000000000000-01", false},
      {"a span id in upper case", "00-" + trace + "-B7AD6B7169203331-01", false},
      {"a span id that is no number", "00-" + trace + "-b7ad6b716920333.-01", false},
      {"a span id that is too short", "00-" + trace + "-" + parent_span.substr(1) + "-01", false},
      {"a span id that is too long", "00-" + trace + "-" + parent_span + "0-01", false},
      {"version ff", "ff-" + trace + "-" + parent_span + "-01", false},
      {"version ff with more behind it", "ff-" + trace + "-" + parent_span + "-01-what", false},
      {"a version of one digit", "0-" + trace + "-" + parent_span + "-01", false},
      {"a version of three digits", "000-" + trace + "-" + parent_span + "-01", false},
      {"a version that is no number", ".0-" + trace + "-" + parent_span + "-01", false},
      {"a version in upper case", "CC-" + trace + "-" + parent_span + "-01", false},
      {"another version", "cc-" + trace + "-" + parent_span + "-01", true},
      {"another version with more behind it", "cc-" + trace + "-" + parent_span + "-01-what-the-future-will-be", true},
      {"another version with a dash behind it", "01-" + trace + "-" + parent_span + "-00-", true, 0},
      {"another version, not separated", "cc-" + trace + "-" + parent_span + "-01.what", false},
      {"another version, too short", "cc-" + trace + "-" + parent_span + "-0", false},
      {"other separators", "00_" + trace + "_" + parent_span + "_01", false},
      {"no separators", "00" + trace + parent_span + "01", false},
      {"a second one behind a comma", "00-" + trace + "-" + parent_span + "-01,00-" + trace + "-" + parent_span + "-01",
       false},
  };
  return cases;
}

TEST(TraceParent, is_read_as_the_recommendation_says) {
  for (const TraceParentCase& one : trace_parent_cases()) {
    const auto parent = TraceParent::parse(one.text);
    EXPECT_EQ(parent.has_value(), one.is_valid) << one.what << ": " << one.text;
    if (!parent || !one.is_valid) continue;
    EXPECT_EQ(parent->trace_id.to_hex(), trace) << one.what;
    EXPECT_EQ(parent->span_id.to_string(), parent_span) << one.what;
    EXPECT_EQ(parent->flags, one.flags) << one.what;
    EXPECT_EQ(parent->is_sampled(), one.flags % 2 == 1) << one.what;
  }
}

TEST(TraceParent, every_shorter_text_is_refused) {
  const std::string text = "00-" + trace + "-" + parent_span + "-01";
  ASSERT_EQ(text.size(), 55U);
  for (std::size_t size = 0; size < text.size(); ++size) EXPECT_FALSE(TraceParent::parse(text.substr(0, size))) << size;
}

TEST(TraceParent, is_written_in_the_version_that_is_known_and_without_unknown_flags) {
  auto parent = TraceParent::parse("cc-" + trace + "-" + parent_span + "-ff-more");
  ASSERT_TRUE(parent);
  EXPECT_EQ(parent->to_string(), "00-" + trace + "-" + parent_span + "-03");
  parent->flags = 0;
  EXPECT_EQ(parent->to_string(), "00-" + trace + "-" + parent_span + "-00");
  EXPECT_EQ(TraceParent::parse(parent->to_string()), parent);
}

}  // namespace
}  // namespace spark

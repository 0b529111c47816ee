#include "agents/event_stream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "spark/agents/model_error.h"

namespace spark::agents {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

ServerSentEvent event_of(std::string data, std::string type = "message", std::string id = "") {
  ServerSentEvent event;
  event.data = std::move(data);
  event.type = std::move(type);
  event.id = std::move(id);
  return event;
}

std::vector<ServerSentEvent> events_in(std::string_view text, std::size_t piece) {
  EventStream stream(1'000);
  std::vector<ServerSentEvent> events;
  for (std::size_t i = 0; i < text.size(); i += piece) {
    // In a place of its own, so that a view of a piece that is gone is seen.
    const std::string part(text.substr(i, piece));
    stream.feed(part);
    while (const ServerSentEvent* const event = stream.next()) events.push_back(*event);
  }
  return events;
}

// Whole, after the same was seen in every split.
std::vector<ServerSentEvent> events_of(std::string_view text) {
  const auto whole = events_in(text, std::max<std::size_t>(text.size(), 1));
  for (std::size_t piece = 1; piece < text.size(); ++piece) EXPECT_EQ(events_in(text, piece), whole) << piece;
  return whole;
}

TEST(EventStream, lines_end_with_lf_with_cr_and_with_both) {
  const auto both = ElementsAre(event_of("one\ntwo"), event_of("three"));
  EXPECT_THAT(events_of("data: one\ndata: two\n\ndata: three\n\n"), both);
  EXPECT_THAT(events_of("data: one\rdata: two\r\rdata: three\r\r"), both);
  EXPECT_THAT(events_of("data: one\r\ndata: two\r\n\r\ndata: three\r\n\r\n"), both);
  EXPECT_THAT(events_of("data: one\rdata: two\n\r\ndata: three\r\n\n"), both);
}

TEST(EventStream, an_event_that_ends_with_cr_is_there_before_anything_follows) {
  EventStream stream(1'000);
  stream.feed("data: x\r\r");
  ASSERT_NE(stream.next(), nullptr);
  EXPECT_EQ(stream.next(), nullptr);
  stream.feed("\ndata: y\n\n");
  const ServerSentEvent* const event = stream.next();
  ASSERT_NE(event, nullptr);
  EXPECT_EQ(event->data, "y");
  EXPECT_EQ(stream.next(), nullptr);
}

TEST(EventStream, a_byte_order_mark_is_passed_over_at_the_begin_only) {
  EXPECT_THAT(events_of("\xEF\xBB\xBF"
                        "data: x\n\n"),
              ElementsAre(event_of("x")));
  EXPECT_THAT(events_of("data: x\n\n\xEF\xBB\xBF"
                        "data: y\n\n"),
              ElementsAre(event_of("x")));
}

TEST(EventStream, one_blank_behind_the_colon_is_not_of_the_value) {
  EXPECT_THAT(events_of("data:x\n\ndata:  x\n\ndata: a: b\n\n"),
              ElementsAre(event_of("x"), event_of(" x"), event_of("a: b")));
}

TEST(EventStream, comments_and_unknown_fields_are_passed_over) {
  EXPECT_THAT(events_of(": a comment\n:\n\nfoo: bar\nData: x\ndata : y\ndata: z\n\n"), ElementsAre(event_of("z")));
}

TEST(EventStream, an_event_without_data_is_none_and_one_of_empty_data_is_one) {
  EXPECT_THAT(events_of("event: ping\n\nid: 1\n\n\n\n"), IsEmpty());
  EXPECT_THAT(events_of("data\n\ndata\ndata\n\ndata:\n"), ElementsAre(event_of(""), event_of("\n")));
}

TEST(EventStream, the_type_is_that_of_one_event_and_the_id_of_all_that_follow) {
  EXPECT_THAT(events_of("event: add\nid: 7\ndata: x\n\ndata: y\n\nid\ndata: z\n\n"),
              ElementsAre(event_of("x", "add", "7"), event_of("y", "message", "7"), event_of("z")));
  EXPECT_THAT(events_of("event: add\n\ndata: x\n\n"), ElementsAre(event_of("x")));
}

TEST(EventStream, an_id_with_u_0000_is_passed_over) {
  EXPECT_THAT(events_of(std::string_view("id: 1\ndata: x\n\nid: 2\0\ndata: y\n\n", 31)),
              ElementsAre(event_of("x", "message", "1"), event_of("y", "message", "1")));
}

TEST(EventStream, what_no_empty_line_follows_is_no_event) {
  EXPECT_THAT(events_of("data: x\n\ndata: y"), ElementsAre(event_of("x")));
  EXPECT_THAT(events_of("data: x\n\ndata: y\n"), ElementsAre(event_of("x")));
}

TEST(EventStream, retry_is_taken_from_digits_alone) {
  EventStream stream(1'000);
  const auto retry_after = [&stream](std::string_view line) {
    stream.feed(line);
    EXPECT_EQ(stream.next(), nullptr);
    return stream.retry_ms();
  };
  EXPECT_EQ(retry_after("retry: soon\n"), std::nullopt);
  EXPECT_EQ(retry_after("retry\n"), std::nullopt);
  EXPECT_EQ(retry_after("retry: 1500\n"), 1'500);
  EXPECT_EQ(retry_after("retry: -1\nretry: 2.5\nretry: 7s\n"), 1'500);
  EXPECT_EQ(retry_after("retry: 99999999999999999999\n"), std::numeric_limits<std::int64_t>::max());
}

TEST(EventStream, an_event_has_a_longest_size) {
  const auto is_too_long = [](std::string_view text, std::size_t piece) {
    EventStream stream(100);
    try {
      for (std::size_t i = 0; i < text.size(); i += piece) {
        stream.feed(text.substr(i, piece));
        while (stream.next() != nullptr) {
        }
      }
      return false;
    } catch (const ModelError& error) {
      EXPECT_EQ(error.kind(), ModelErrorKind::malformed_response);
      return true;
    }
  };
  const std::string line = "data: " + std::string(40, 'x') + "\n";
  for (const std::size_t piece : {1, 7, 1'000}) {
    EXPECT_FALSE(is_too_long(line + line + "\n" + line + line + "\n", piece)) << piece;
    EXPECT_TRUE(is_too_long(line + line + line, piece)) << piece;
    EXPECT_TRUE(is_too_long(std::string(200, ':'), piece)) << piece;
    EXPECT_TRUE(is_too_long("event: " + std::string(90, 'x') + "\nid: " + std::string(90, 'y') + "\n", piece)) << piece;
  }
  // Comments are not kept.
  std::string comments;
  for (int i = 0; i < 100; ++i) comments += ": still here\n";
  EXPECT_FALSE(is_too_long(comments, 5));
}

}  // namespace
}  // namespace spark::agents

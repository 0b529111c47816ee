// Null pointers to text, as getenv gives them, crashed; a buffer without a U+0000 was read beyond its end.
#include <gtest/gtest.h>

#include <cstring>
#include <exception>
#include <memory>
#include <string>

#include "fakes/recording_sink.h"

namespace spark {
namespace {

using fakes::TestManager;

TEST(NullText, is_the_empty_text_wherever_text_is_taken) {
  TestManager telemetry;
  const char* const null = nullptr;
  char* const mutable_null = nullptr;
  {
    ActiveSpan span = telemetry.manager.start_span(null, {.attributes = {{"given", null}}});
    span.set_attribute("value", null);
    span.set_attribute("mutable", mutable_null);
    span.set_attribute(null, 1);
    span.add_event(null, {{"value", null}});
    span.record_error(null, null);
  }
  telemetry.manager.start_trace(null, {.graph_hash = null}).end();
  telemetry.manager.record_event({.event_type = null, .name = null, .attributes = {{null, null}}});
  telemetry.manager.record_metric({.name = null, .unit = null});
  telemetry.manager.counter(null, {.unit = null, .attributes = {{"value", null}}}).add(3);
  const auto& log = telemetry.log();
  EXPECT_EQ(log.span("").attributes, (Object{{"", 1}, {"given", ""}, {"mutable", ""}, {"value", ""}}));
  EXPECT_EQ(log.span("").status, SpanStatus::failed);
  EXPECT_EQ(log.span("").status_message, "");
  EXPECT_EQ(log.span_event("").attributes, (Object{{"value", ""}}));
  EXPECT_EQ(log.trace_end("").graph_hash, "");
  EXPECT_EQ(log.event("").type, "");
  EXPECT_EQ(log.event("").attributes, (Object{{"", ""}}));
  EXPECT_EQ(log.metrics().size(), 2U);
}

struct Speechless : std::exception {
  [[nodiscard]] const char* what() const noexcept override { return nullptr; }
};

TEST(NullText, of_an_exception_leaves_its_type) {
  TestManager telemetry;
  telemetry.manager.start_span("direct").record_exception(Speechless());
  EXPECT_THROW(telemetry.manager.in_span("thrown", {}, [](ActiveSpan&) { throw Speechless(); }), Speechless);
  for (const char* name : {"direct", "thrown"}) {
    const Span span = telemetry.log().span(name);
    EXPECT_EQ(span.status, SpanStatus::failed);
    EXPECT_EQ(span.status_message, "");
    EXPECT_NE(span.error_type.find("Speechless"), std::string::npos) << span.error_type;
  }
}

// By itself on the heap, so that AddressSanitizer sees a read of the byte behind it.
struct Buffer {
  char text[8];
};

TEST(CharBuffer, that_is_full_is_read_to_its_end_only) {
  TestManager telemetry;
  const auto buffer = std::make_unique<Buffer>();
  std::memcpy(buffer->text, "12345678", 8);
  {
    ActiveSpan span = telemetry.manager.start_span(buffer->text);
    span.set_attribute("value", buffer->text);
    span.set_attribute(buffer->text, true);
    span.add_event(buffer->text);
    span.set_status(SpanStatus::failed, buffer->text);
  }
  EXPECT_EQ(telemetry.log().span("12345678").attributes, (Object{{"12345678", true}, {"value", "12345678"}}));
  EXPECT_EQ(telemetry.log().span("12345678").status_message, "12345678");
  EXPECT_EQ(telemetry.log().span_event("12345678").name, "12345678");
}

TEST(CharBuffer, ends_at_its_first_zero) {
  char buffer[16] = "short";
  EXPECT_EQ(Text(buffer).view(), "short");
  buffer[0] = '\0';
  EXPECT_EQ(Text(buffer).view(), "");
}

}  // namespace
}  // namespace spark

// Spans, and traces that were sent as one: the inverse of backends/otlp/span_message.h, and what other SDKs say beyond
// it. Made for one request; one thread at a time.
#pragma once

#include <string_view>
#include <vector>

#include "ingest/record_reader.h"

namespace spark::detail::ingest {

class SpanReader {
 public:
  explicit SpanReader(ReadingContext& context) : context_(context) {}

  // Adds it to the batch, or to the refusals.
  void read(std::string_view bytes);

 private:
  // The fields as they are on the wire.
  struct Fields {
    std::string_view trace_id = {}, span_id = {}, parent_span_id = {}, trace_state = {}, name = {}, status = {};
    std::uint64_t kind = 0, start_ns = 0, end_ns = 0, flags = 0;
    std::uint64_t dropped_attributes = 0, dropped_events = 0, dropped_links = 0;
    std::vector<std::string_view> events = {}, links = {};

    void clear() noexcept;
  };
  // What our own attributes say.
  struct Ours {
    std::string_view status = {}, record = {}, graph_hash = {}, error_type = {};
    bool is_local_root = false;
    bool may_be_genai = false;  // some attribute is of a language model's call
  };
  struct Status {
    std::string_view message = {};
    std::uint64_t code = 0;
  };

  void read_fields(std::string_view bytes);
  void read_attribute(std::string_view key_value);
  [[nodiscard]] bool is_refused();
  [[nodiscard]] Status status() const;
  void add_trace(TraceId trace_id, SpanId span_id);
  void add_span(TraceId trace_id, SpanId span_id);
  void add_what_has_no_field(const Status& status);
  [[nodiscard]] Value link(std::string_view bytes);
  [[nodiscard]] std::span<const SpanEventView> events(TraceId trace_id, SpanId span_id);
  [[nodiscard]] SpanEventView event(std::string_view bytes, ContentHash content);

  ReadingContext& context_;
  Fields fields_;
  Ours ours_;
  AttributeList attributes_;
  AttributeList event_attributes_;
};

}  // namespace spark::detail::ingest

// Log records: recorded events, traces whose span was sent, declared graphs (the inverse of
// backends/otlp/log_message.h), and what other SDKs log. Made for one request; one thread at a time.
#pragma once

#include <string_view>
#include <vector>

#include "ingest/record_reader.h"

namespace spark::detail::ingest {

class LogReader {
 public:
  explicit LogReader(ReadingContext& context) : context_(context) {}

  // Adds it to the batch, or to the refusals.
  void read(std::string_view bytes);

 private:
  struct Fields {
    std::string_view trace_id = {}, span_id = {}, severity_text = {}, body = {}, event_name = {};
    std::uint64_t time_ns = 0, observed_ns = 0, severity_number = 0, dropped_attributes = 0;
  };
  // What our own attributes say.
  struct Ours {
    std::string_view event_type = {}, event_source = {}, trace_name = {}, status = {};
    std::string_view graph_hash = {}, graph_id = {}, graph_version = {};
    RecordId event_id = {};
    std::int64_t trace_start_ns = -1;
  };

  void read_fields(std::string_view bytes);
  void read_attribute(std::string_view key_value);
  void add_event(std::string_view bytes);
  void add_trace();
  void add_graph();
  [[nodiscard]] std::int64_t time_ns() const noexcept;

  ReadingContext& context_;
  Fields fields_;
  Ours ours_;
  AttributeList attributes_;
};

}  // namespace spark::detail::ingest

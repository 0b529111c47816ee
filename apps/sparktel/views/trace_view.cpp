#include "apps/sparktel/views/trace_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <unordered_map>

#include "apps/sparktel/terminal/text.h"
#include "apps/sparktel/terminal/waterfall.h"
#include "apps/sparktel/views/graph_view.h"
#include "apps/sparktel/views/span_tree.h"
#include "spark/base/json.h"

namespace spark::sparktel {

namespace {

// By span; those of no span that is shown are under the zero id.
using EventsBySpan = std::unordered_map<SpanId, std::vector<const Event*>>;

EventsBySpan group_events(const TraceParts& parts) {
  EventsBySpan events;
  for (const Span& span : parts.spans) events.try_emplace(span.span_id);
  for (const Event& event : parts.events) {
    events[events.contains(event.span_id) ? event.span_id : SpanId()].push_back(&event);
  }
  for (auto& [span_id, of_span] : events) {
    std::sort(of_span.begin(), of_span.end(), [](const Event* a, const Event* b) {
      return std::pair(a->timestamp, a->event_id) < std::pair(b->timestamp, b->event_id);
    });
  }
  return events;
}

std::string text_of(const Value& value) { return value.is_string() ? value.as_string() : to_json(value); }

void add_attribute_notes(std::vector<Note>& notes, const Object& attributes, const char* indent) {
  for (const Object::Member& member : attributes) {
    notes.push_back({.text = indent + member.key + " = " + text_of(member.value)});
  }
}

void add_event_notes(std::vector<Note>& notes, const std::vector<const Event*>& events, const TraceParts& parts) {
  for (const Event* event : events) {
    std::string text = "• " + format_duration(event->timestamp - parts.trace.start_time) + " ";
    if (!event->type.empty()) text += event->type + ": ";
    notes.push_back({.text = text + event->name, .style = Style::plain});
    if (parts.shows_attributes) add_attribute_notes(notes, event->attributes, "    ");
  }
}

WaterfallRow make_row(const Span& span, std::size_t depth, const TraceParts& parts, const EventsBySpan& events) {
  WaterfallRow row{.label = span.name,
                   .depth = depth,
                   .status = span.status == SpanStatus::completed ? "" : std::string(to_string(span.status)),
                   .style = style_of(span.status, Style::cyan),
                   .start = span.start_time - parts.trace.start_time,
                   .duration = span.end_time - span.start_time};
  if (!span.error_type.empty() || !span.status_message.empty()) {
    const char* const between = span.error_type.empty() || span.status_message.empty() ? "" : ": ";
    row.notes.push_back(
        {.text = span.error_type + between + span.status_message, .style = row.style, .is_wrapped = true});
  }
  if (parts.shows_attributes) add_attribute_notes(row.notes, span.attributes, "");
  if (const auto found = events.find(span.span_id); found != events.end()) {
    add_event_notes(row.notes, found->second, parts);
  }
  return row;
}

std::string draw_header(const TraceParts& parts, const Canvas& canvas) {
  const Trace& trace = parts.trace;
  const std::string duration = trace.end_time ? format_duration(*trace.end_time - trace.start_time) : "not ended";
  std::string out = paint(printable(trace.name), Style::bold, canvas) + "  " +
                    paint(to_string(trace.status), style_of(trace.status, Style::green), canvas) +
                    fmt::format("  {}  {} spans\n", duration, format_count(parts.spans.size()));
  out += paint(fmt::format("trace {}  {} UTC", trace.trace_id.to_string(), format_time(trace.start_time)), Style::dim,
               canvas) +
         "\n";
  if (trace.partial) out += "No start of the trace is here; this is known only from its spans.\n";
  return out;
}

std::string draw_notes(const std::vector<Note>& notes, const Canvas& canvas) {
  std::string out;
  for (const Note& note : notes) out += paint(fit(printable(note.text), canvas.width), note.style, canvas) + "\n";
  return out;
}

}  // namespace

Style style_of(TraceStatus status, Style otherwise) noexcept {
  if (status == TraceStatus::failed) return Style::red;
  return status == TraceStatus::completed ? otherwise : Style::yellow;
}

Style style_of(SpanStatus status, Style otherwise) noexcept {
  if (status == SpanStatus::failed) return Style::red;
  return status == SpanStatus::completed ? otherwise : Style::yellow;
}

std::string draw_trace(const TraceParts& parts, const Canvas& canvas) {
  const EventsBySpan events = group_events(parts);
  std::string out = draw_header(parts, canvas);
  std::vector<Note> of_trace;
  if (parts.shows_attributes) add_attribute_notes(of_trace, parts.trace.attributes, "");
  if (const auto found = events.find(SpanId()); found != events.end()) add_event_notes(of_trace, found->second, parts);
  out += draw_notes(of_trace, canvas) + "\n";

  std::vector<WaterfallRow> rows;
  for (const TreeEntry entry : span_tree(parts.spans)) {
    rows.push_back(make_row(parts.spans[entry.index], entry.depth, parts, events));
  }
  out += rows.empty() ? "No spans: they are written when they end.\n" : draw_waterfall(rows, canvas);
  for (const GraphRun& graph : parts.graphs) out += "\n" + draw_graph(graph, canvas);
  return out;
}

}  // namespace spark::sparktel

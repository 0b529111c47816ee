#include "apps/sparktel/views/trace_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <set>
#include <unordered_map>
#include <utility>

#include "apps/sparktel/terminal/text.h"
#include "apps/sparktel/terminal/waterfall.h"
#include "apps/sparktel/views/graph_view.h"
#include "spark/analysis/critical_path.h"
#include "spark/analysis/self_time.h"
#include "spark/analysis/span_tree.h"
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
    // Before the start, where the clocks of two machines differ.
    const std::chrono::nanoseconds since_start = elapsed(parts.trace.start_time, event->timestamp);
    std::string text = since_start.count() < 0
                           ? "• -" + format_duration(elapsed(event->timestamp, parts.trace.start_time)) + " "
                           : "• " + format_duration(since_start) + " ";
    if (!event->type.empty()) text += event->type + ": ";
    notes.push_back({.text = text + event->name, .style = Style::plain});
    if (parts.shows_attributes) add_attribute_notes(notes, event->attributes, "    ");
  }
}

// What graphs say of a node's run in its span.
std::string text_attribute(const Span& span, std::string_view key) {
  const Value* const value = span.attributes.find(key);
  return value != nullptr && value->is_string() ? value->as_string() : "";
}

std::int64_t int_attribute(const Span& span, std::string_view key) {
  const Value* const value = span.attributes.find(key);
  return value != nullptr && value->is_int() ? value->as_int() : 0;
}

bool is_further_attempt(const Span& span) { return int_attribute(span, "attempt") > 1; }

std::set<std::string_view> services_of(const std::vector<Span>& spans) {
  std::set<std::string_view> services;
  for (const Span& span : spans) services.insert(span.service);
  return services;
}

class Labels {
 public:
  explicit Labels(const std::vector<Span>& spans) : has_services_(services_of(spans).size() > 1) {
    for (const Span& span : spans) {
      if (const std::string id = text_attribute(span, "node_id"); !id.empty()) ids_by_name_[span.name].insert(id);
    }
  }

  // `parent` is null at the top.
  [[nodiscard]] std::string of(const Span& span, const Span* parent) const {
    std::string label = span.name;
    const std::string id = text_attribute(span, "node_id");
    if (const auto found = ids_by_name_.find(span.name);
        !id.empty() && found != ids_by_name_.end() && found->second.size() > 1) {
      label += " " + id;
    }
    if (const std::int64_t round = int_attribute(span, "iteration"); round > 0)
      label += fmt::format(" round {}", round);
    if (is_further_attempt(span)) label += fmt::format(" ↻ #{}", int_attribute(span, "attempt"));
    if (has_services_ && (parent == nullptr || parent->service != span.service)) {
      label += " [" + (span.service.empty() ? "?" : span.service) + "]";
    }
    return label;
  }

 private:
  std::map<std::string, std::set<std::string>> ids_by_name_;
  bool has_services_;
};

bool is_whole(const std::vector<Stretch>& stretches, std::chrono::nanoseconds start, std::chrono::nanoseconds end) {
  return stretches.size() == 1 && stretches.front().start == start && stretches.front().end == end;
}

// A row for each span, as they lie in the tree.
class Rows {
 public:
  explicit Rows(const TraceParts& parts, const EventsBySpan& events)
      : parts_(parts), events_(events), labels_(parts.spans), solid_(parts.spans.size()) {
    self_times_ = analysis::self_times(parts.spans);
    for (const analysis::PathSegment& segment : analysis::critical_path(parts.spans).segments) {
      solid_[segment.span].push_back({since_start(segment.start), since_start(segment.end)});
    }
  }

  // Of a node of this tree.
  [[nodiscard]] WaterfallRow make(const analysis::SpanTree& tree, const analysis::TreeNode& node) const {
    const Span& span = parts_.spans[node.span];
    const Span* const parent =
        node.parent != analysis::no_parent ? &parts_.spans[tree.nodes[node.parent].span] : nullptr;
    WaterfallRow row{.label = labels_.of(span, parent),
                     .depth = node.depth,
                     .status = span.status == SpanStatus::completed ? "" : std::string(to_string(span.status)),
                     .style = style_of(span.status, Style::cyan),
                     .start = since_start(span.start_time),
                     .duration = elapsed(span.start_time, span.end_time),
                     .self = std::chrono::round<std::chrono::nanoseconds>(self_times_[node.span])};
    // What is on the path from end to end keeps the finer bar.
    if (!is_whole(solid_[node.span], row.start, since_start(span.end_time))) row.solid = solid_[node.span];
    if (const std::string text = error_text(span); !text.empty()) {
      row.notes.push_back({.text = text, .style = row.style, .is_wrapped = true});
    }
    if (parts_.shows_attributes) add_attribute_notes(row.notes, span.attributes, "");
    if (const auto found = events_.find(span.span_id); found != events_.end()) {
      add_event_notes(row.notes, found->second, parts_);
    }
    return row;
  }

 private:
  [[nodiscard]] std::chrono::nanoseconds since_start(Timestamp time) const {
    return elapsed(parts_.trace.start_time, time);
  }

  const TraceParts& parts_;
  const EventsBySpan& events_;
  Labels labels_;
  std::vector<Seconds> self_times_;
  std::vector<std::vector<Stretch>> solid_;  // by span
};

// Only of signs that are there.
std::string draw_legend(const TraceParts& parts, std::string_view waterfall, const Canvas& canvas) {
  std::string legend;
  if (waterfall.find("░") != std::string_view::npos) legend += "█ on the critical path  ░ not on it";
  if (std::any_of(parts.spans.begin(), parts.spans.end(), is_further_attempt)) {
    legend += (legend.empty() ? "" : "  ") + std::string("↻ a further attempt");
  }
  if (services_of(parts.spans).size() > 1) legend += (legend.empty() ? "" : "  ") + std::string("[…] the service");
  return legend.empty() ? "" : paint(fit(legend, canvas.width), Style::dim, canvas) + "\n";
}

// Names of files are never cut.
std::string draw_stores(const TraceParts& parts, const Canvas& canvas) {
  std::string out;
  std::size_t width = 0;  // of the last line
  for (const std::string& name : parts.stores) {
    const std::string store = printable(name);
    const bool is_first = out.empty();
    const bool fits = width + 2 + display_width(store) <= canvas.width;
    out += is_first ? "in " : fits ? ", " : ",\n   ";
    width = (is_first || !fits ? 3 : width + 2) + display_width(store);
    out += store;
  }
  return out + "\n";
}

// A trace that was never started by itself (TelemetryManager::start_trace) is known only from its spans, and may be
// here from its beginning all the same.
bool shows_top_span(const TraceParts& parts) {
  return std::any_of(parts.spans.begin(), parts.spans.end(),
                     [](const Span& span) { return !span.parent_span_id.is_valid(); });
}

std::string draw_header(const TraceParts& parts, const Canvas& canvas) {
  const Trace& trace = parts.trace;
  const std::string duration =
      trace.end_time ? format_duration(elapsed(trace.start_time, *trace.end_time)) : "not ended";
  std::string out = paint(printable(trace.name), Style::bold, canvas) + "  " +
                    paint(to_string(trace.status), style_of(trace.status, Style::green), canvas) +
                    fmt::format("  {}  {}", duration, format_count(parts.spans.size(), "span"));
  const std::size_t services = services_of(parts.spans).size();
  out += services > 1 ? " of " + format_count(services, "service") + "\n" : "\n";
  out += paint(fmt::format("trace {}  {} UTC", trace.trace_id.to_string(), format_time(trace.start_time)), Style::dim,
               canvas) +
         "\n";
  if (!parts.stores.empty()) out += paint(draw_stores(parts, canvas), Style::dim, canvas);
  if (trace.partial && !shows_top_span(parts)) {
    out += "No start of the trace is here; this is known only from its spans.\n";
  }
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

std::string error_text(const Span& span) {
  const char* const between = span.error_type.empty() || span.status_message.empty() ? "" : ": ";
  return span.error_type + between + span.status_message;
}

std::string draw_trace(const TraceParts& parts, const Canvas& canvas) {
  const EventsBySpan events = group_events(parts);
  std::string out = draw_header(parts, canvas);
  std::vector<Note> of_trace;
  if (parts.shows_attributes) add_attribute_notes(of_trace, parts.trace.attributes, "");
  if (const auto found = events.find(SpanId()); found != events.end()) add_event_notes(of_trace, found->second, parts);
  out += draw_notes(of_trace, canvas) + "\n";

  const Rows made(parts, events);
  std::vector<WaterfallRow> rows;
  const analysis::SpanTree tree = analysis::span_tree(parts.spans);
  for (const analysis::TreeNode& node : tree.nodes) rows.push_back(made.make(tree, node));
  const std::string waterfall =
      rows.empty() ? "No spans: they are written when they end.\n" : draw_waterfall(rows, canvas);
  out += waterfall + draw_legend(parts, waterfall, canvas);
  for (const GraphRun& graph : parts.graphs) out += "\n" + draw_graph(graph, canvas);
  return out;
}

}  // namespace spark::sparktel

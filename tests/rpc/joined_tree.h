// One tree of the spans that several processes recorded of one trace, as text: for each span its service, kind, name,
// status and error type, children below their parents in the order in which they began.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "spark/telemetry/records.h"

namespace spark::testing {

class JoinedTree {
 public:
  void add(const std::string& service, const std::vector<Span>& spans) {
    for (const Span& span : spans) all_.push_back({service, span});
  }

  [[nodiscard]] std::string text() const {
    std::string out;
    for (const Part& part : sorted()) {
      if (find(part.span.parent_span_id) == nullptr) print(out, part, 0);
    }
    return out;
  }
  // Spans whose parent nobody has.
  [[nodiscard]] std::size_t roots() const {
    return static_cast<std::size_t>(std::count_if(
        all_.begin(), all_.end(), [this](const Part& p) { return find(p.span.parent_span_id) == nullptr; }));
  }
  // Whether each SERVER span lies within the time of the CLIENT span above it, as clocks of one machine tell it.
  [[nodiscard]] bool durations_agree() const {
    return std::all_of(all_.begin(), all_.end(), [this](const Part& part) {
      const Part* const parent = find(part.span.parent_span_id);
      return part.span.kind != SpanKind::SERVER || parent == nullptr ||
             (parent->span.kind == SpanKind::CLIENT && part.span.duration() <= parent->span.duration());
    });
  }

 private:
  struct Part {
    std::string service;
    Span span;
  };

  [[nodiscard]] const Part* find(SpanId id) const {
    const auto found =
        std::find_if(all_.begin(), all_.end(), [id](const Part& part) { return part.span.span_id == id; });
    return found != all_.end() ? &*found : nullptr;
  }
  [[nodiscard]] std::vector<Part> sorted() const {
    std::vector<Part> parts = all_;
    std::sort(parts.begin(), parts.end(),
              [](const Part& a, const Part& b) { return a.span.start_time < b.span.start_time; });
    return parts;
  }
  void print(std::string& out, const Part& part, std::size_t depth) const {
    const Span& span = part.span;
    out += std::string(2 * depth, ' ') + part.service + " " + std::string(to_string(span.kind)) + " " + span.name +
           " " + std::string(to_string(span.status)) + (span.error_type.empty() ? "" : " " + span.error_type) + "\n";
    for (const Part& child : sorted()) {
      if (child.span.parent_span_id == span.span_id) print(out, child, depth + 1);
    }
  }

  std::vector<Part> all_;
};

}  // namespace spark::testing

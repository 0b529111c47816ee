#include "spark/analysis/error_groups.h"

#include <algorithm>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "analysis/checks.h"
#include "analysis/span_label.h"
#include "spark/analysis/normalized_message.h"

namespace spark::analysis {
namespace {

struct Example {
  Timestamp time;
  TraceId trace_id;

  auto operator<=>(const Example&) const = default;
};

struct Group {
  ErrorGroup group;
  Example latest;                 // whose name and message the group shows
  std::vector<Example> examples;  // the latest first, each trace once

  void add_example(const Example& example, std::size_t most) {
    const auto same = std::find_if(examples.begin(), examples.end(),
                                   [&](const Example& other) { return other.trace_id == example.trace_id; });
    if (same != examples.end()) {
      if (!(*same < example)) return;
      examples.erase(same);
    }
    examples.insert(std::upper_bound(examples.begin(), examples.end(), example, std::greater<>()), example);
    if (examples.size() > most) examples.pop_back();
  }
};

class Grouping {
 public:
  explicit Grouping(const ErrorGroupOptions& options) : options_(options) {}

  void add(const Span& span) {
    ++report_.failed_spans;
    Group* group = group_of(span);
    if (group == nullptr) {
      ++report_.groups_overflowed;
      return;
    }
    const Example example{span.end_time, span.trace_id};
    ErrorGroup& shown = group->group;
    if (shown.count++ == 0) shown.first = shown.last = span.end_time;
    shown.first = std::min(shown.first, span.end_time);
    shown.last = std::max(shown.last, span.end_time);
    if (shown.count == 1 || group->latest < example) {
      group->latest = example;
      shown.span_name = span.name;
      shown.example_message = span.status_message;
    }
    group->add_example(example, options_.max_examples);
  }

  ErrorReport finish() {
    for (auto& [key, group] : groups_) {
      for (const Example& example : group.examples) group.group.example_traces.push_back(example.trace_id);
      group.group.share = static_cast<double>(group.group.count) / static_cast<double>(report_.failed_spans);
      report_.groups.push_back(std::move(group.group));
    }
    std::sort(report_.groups.begin(), report_.groups.end(), [](const ErrorGroup& a, const ErrorGroup& b) {
      return std::tie(b.count, b.last, a.node_id, a.span_name, a.error_type, a.message) <
             std::tie(a.count, a.last, b.node_id, b.span_name, b.error_type, b.message);
    });
    if (report_.groups.size() > options_.max_groups) report_.groups.resize(options_.max_groups);
    report_.others = report_.failed_spans;
    for (const ErrorGroup& group : report_.groups) report_.others -= group.count;
    return std::move(report_);
  }

 private:
  // Null if there is no room for another one.
  Group* group_of(const Span& span) {
    const std::string_view node_id = detail::text_attribute(span, "node_id");
    std::string message = normalized_message(span.status_message);
    key_.clear();
    detail::append_key(key_, node_id);
    // A name of data may be that of a node.
    detail::append_key(key_, node_id.empty() ? std::string_view(span.name) : std::string_view());
    detail::append_key(key_, span.error_type);
    detail::append_key(key_, message);
    const auto found = groups_.find(key_);
    if (found != groups_.end()) return &found->second;
    if (groups_.size() == options_.max_groups_held) return nullptr;
    Group& group = groups_[key_];
    group.group.node_id = node_id;
    group.group.error_type = span.error_type;
    group.group.message = std::move(message);
    return &group;
  }

  const ErrorGroupOptions& options_;
  std::unordered_map<std::string, Group> groups_;
  ErrorReport report_;
  std::string key_;  // reused
};

}  // namespace

ErrorReport error_groups(Store& store, const ErrorGroupOptions& options) {
  detail::check_not_zero("ErrorGroupOptions::max_groups", options.max_groups);
  detail::check_not_zero("ErrorGroupOptions::max_groups_held", options.max_groups_held);
  Grouping grouping(options);
  const SpanQuery query{.trace_id = options.trace_id,
                        .name = options.span_name,
                        .status = SpanStatus::failed,
                        .start_time = options.start_time,
                        .with_attributes = options.by_node};
  store.each_span(query, [&](const Span& span) {
    grouping.add(span);
    return true;
  });
  return grouping.finish();
}

}  // namespace spark::analysis

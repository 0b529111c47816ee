#include "spark/analysis/bottlenecks.h"

#include <algorithm>
#include <memory>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "analysis/checks.h"
#include "analysis/interval.h"
#include "analysis/read_trace.h"
#include "analysis/sample.h"
#include "analysis/span_label.h"
#include "spark/analysis/self_time.h"

namespace spark::analysis {
namespace {

struct Row {
  explicit Row(std::size_t max_samples) : durations(max_samples) {}

  BottleneckRow row;
  detail::Reservoir<std::int64_t> durations;
};

class Analysis {
 public:
  explicit Analysis(const BottleneckOptions& options) : options_(options), random_(options.seed), others_(0) {}

  void add(detail::TraceSpans trace) {
    const SpanTree tree = span_tree(trace.spans);
    const CriticalPath path = critical_path(trace.spans, tree);
    const std::vector<Seconds> self = self_times(trace.spans, tree);
    critical_.assign(trace.spans.size(), Seconds(0));
    for (const PathSegment& segment : path.segments) critical_[segment.span] += segment.duration();
    for (const TreeNode& node : tree.nodes) {
      add(trace.spans[node.span], self[node.span], critical_[node.span]);
    }
    ++report_.traces;
    report_.spans += tree.nodes.size();
    report_.duration += path.duration();
    report_.spans_left_out += trace.left_out;
    report_.duplicate_spans += tree.duplicates.size();
    report_.missing_parents += tree.missing_parents;
    report_.cycles += tree.cycles;
  }

  void skip_running() { ++report_.running_traces; }

  BottleneckReport finish(bool more_traces) {
    report_.more_traces = more_traces;
    Seconds self_total = others_.row.self_total;
    for (const auto& [key, row] : rows_) self_total += row->row.self_total;
    for (auto& [key, row] : rows_) {
      row->row.p95 = detail::seconds(detail::nearest_rank(row->durations.values(), 95));
      report_.rows.push_back(with_shares(std::move(row->row), self_total));
    }
    report_.others = with_shares(std::move(others_.row), self_total);
    std::sort(report_.rows.begin(), report_.rows.end(), [](const BottleneckRow& a, const BottleneckRow& b) {
      return std::tie(b.critical_share, b.self_total, a.name, a.node_id, a.node_type) <
             std::tie(a.critical_share, a.self_total, b.name, b.node_id, b.node_type);
    });
    return std::move(report_);
  }

 private:
  void add(const Span& span, Seconds self, Seconds critical) {
    Row& row = row_of(span);
    const std::int64_t duration = detail::interval_of(span).length();
    ++row.row.count;
    if (span.status == SpanStatus::failed) ++row.row.errors;
    row.row.total += detail::seconds(duration);
    row.row.self_total += self;
    row.row.critical_total += critical;
    if (&row != &others_) row.durations.add(duration, random_);
  }

  Row& row_of(const Span& span) {
    const std::string_view node_id = detail::text_attribute(span, "node_id");
    const std::string_view node_type = detail::text_attribute(span, "node_type");
    key_.clear();
    for (const std::string_view part : {std::string_view(span.name), node_id, node_type})
      detail::append_key(key_, part);
    const auto found = rows_.find(key_);
    if (found != rows_.end()) return *found->second;
    if (rows_.size() == options_.max_rows) return others_;
    auto row = std::make_unique<Row>(options_.max_samples);
    row->row.name = span.name;
    row->row.node_id = node_id;
    row->row.node_type = node_type;
    return *rows_.emplace(key_, std::move(row)).first->second;
  }

  [[nodiscard]] BottleneckRow with_shares(BottleneckRow row, Seconds self_total) const {
    if (row.count > 0) row.mean = row.total / static_cast<double>(row.count);
    if (self_total > Seconds(0)) row.self_share = row.self_total / self_total;
    if (report_.duration > Seconds(0)) row.critical_share = row.critical_total / report_.duration;
    return row;
  }

  const BottleneckOptions& options_;
  Random random_;
  std::unordered_map<std::string, std::unique_ptr<Row>> rows_;
  Row others_;
  BottleneckReport report_;
  std::string key_;                // reused
  std::vector<Seconds> critical_;  // reused, by span
};

}  // namespace

BottleneckReport bottlenecks(Store& store, const BottleneckOptions& options) {
  detail::check_not_zero("BottleneckOptions::max_traces", options.max_traces);
  detail::check_not_zero("BottleneckOptions::max_spans_per_trace", options.max_spans_per_trace);
  detail::check_not_zero("BottleneckOptions::max_rows", options.max_rows);
  detail::check_not_zero("BottleneckOptions::max_samples", options.max_samples);
  Analysis analysis(options);
  const bool more = detail::each_trace(store, options.traces, options.max_traces, [&](const Trace& trace) {
    if (trace.status == TraceStatus::started) return analysis.skip_running();
    analysis.add(detail::read_trace(store, trace.trace_id, options.max_spans_per_trace, options.by_node));
  });
  return analysis.finish(more);
}

}  // namespace spark::analysis

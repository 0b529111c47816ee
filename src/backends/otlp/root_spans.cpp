#include "backends/otlp/root_spans.h"

#include <new>
#include <utility>

#include "backends/otlp/span_message.h"

namespace spark::detail::otlp {

RootSpans::Ended RootSpans::note(const Batch& batch) {
  of_batch_.clear();
  ended_.clear();
  for (const SpanView& span : batch.spans()) {
    if (span.parent_span_id.is_valid() || !is_sendable(span)) continue;
    if (!span.is_local_root || !batch.traces().empty()) of_batch_.insert({span.trace_id, span.span_id});
  }
  Ended ended;
  for (const TraceView* trace : reduce_traces(batch)) {
    if (!trace->is_end || !trace->trace_id.is_valid()) continue;
    const Key key{trace->trace_id, root_of(*trace)};
    const bool is_claimed = of_batch_.contains(key) || recent_.contains(key) || older_.contains(key);
    (is_claimed ? ended.claimed : ended.unclaimed).push_back(trace);
    ended_.push_back(key);
  }
  // A trace that is not from here never ends here.
  for (const SpanView& span : batch.spans()) {
    if (span.is_local_root) of_batch_.erase({span.trace_id, span.span_id});
  }
  for (const Key& key : ended_) of_batch_.erase(key);
  return ended;
}

void RootSpans::commit() noexcept {
  for (const Key& key : ended_) {
    recent_.erase(key);
    older_.erase(key);
  }
  ended_.clear();
  while (!of_batch_.empty()) {
    if (recent_.size() == max_remembered / 2) {
      forgotten_ += older_.size();
      older_.clear();
      std::swap(recent_, older_);
    }
    try {
      recent_.insert(of_batch_.extract(of_batch_.begin()));
    } catch (const std::bad_alloc&) {
      // To forget is allowed at any time.
      forgotten_ += of_batch_.size();
      of_batch_.clear();
    }
  }
}

}  // namespace spark::detail::otlp

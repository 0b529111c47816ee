#include "apps/sparktel/tail/follower.h"

#include <algorithm>
#include <utility>

namespace spark::sparktel {

namespace {

Timestamp end_of(const Follower::Ended& ended) {
  if (const auto* const span = std::get_if<Span>(&ended)) return span->end_time;
  return std::get<Trace>(ended).end_time.value_or(Timestamp{});
}

}  // namespace

Follower::Follower(Store& store, Changes& changes, Options options)
    : store_(store), changes_(changes), options_(options) {
  if (options_.from_the_beginning) return;
  for (const TraceId id : changes_.latest(most_idle)) look_at(id, watched_[id], nullptr);
  TraceQuery running{.limit = most_running, .status = TraceStatus::started};
  running.with_attributes = false;
  for (const Trace& trace : store_.query_traces(running)) look_at(trace.trace_id, watched_[trace.trace_id], nullptr);
}

std::vector<Follower::Ended> Follower::poll() {
  std::vector<Ended> found;
  if (!changes_.any()) return found;
  ++polls_;
  for (const TraceId id : changes_.changed(watched_ids())) {
    const auto [place, is_new] = watched_.try_emplace(id);
    if (is_new) place->second.active_at = polls_;
    look_at(id, place->second, &found);
  }
  forget_idle(false, most_idle);
  forget_idle(true, most_running);
  // A trace ends after its spans, also where the times are equal.
  std::stable_sort(found.begin(), found.end(), [](const Ended& a, const Ended& b) {
    return std::pair(end_of(a), a.index()) < std::pair(end_of(b), b.index());
  });
  return found;
}

void Follower::look_at(TraceId id, Watched& watched, std::vector<Ended>* found) {
  const auto give = [&](Ended ended) {
    watched.active_at = polls_;
    if (found != nullptr) found->push_back(std::move(ended));
  };
  TraceQuery trace_query{.trace_id = id};
  trace_query.with_attributes = options_.with_attributes;
  // Before the spans: whoever sees the end of a trace here sees its spans below.
  Page<Trace> traces = store_.query_traces(trace_query);
  watched.is_running = !traces.empty() && !traces.front().end_time;

  // What is written between the count and the reading is given now, and read once more when the count shows it.
  if (const std::int64_t count = changes_.count_spans(id); count != watched.spans) {
    watched.spans = count;
    SpanQuery span_query{.limit = most_spans, .trace_id = id};
    span_query.with_attributes = options_.with_attributes;
    Page<Span> spans = store_.query_spans(span_query);
    for (Span& span : spans.rows) {
      if (watched.given.insert(span.span_id).second) give(std::move(span));
    }
  }
  if (watched.is_trace_given || traces.empty() || !traces.front().end_time || traces.front().partial) return;
  watched.is_trace_given = true;
  give(std::move(traces.rows.front()));
}

std::vector<TraceId> Follower::watched_ids() const {
  std::vector<TraceId> ids;
  ids.reserve(watched_.size());
  for (const auto& [id, watched] : watched_) ids.push_back(id);
  return ids;
}

void Follower::forget_idle(bool running, std::size_t most) {
  std::vector<std::pair<std::uint64_t, TraceId>> candidates;
  for (const auto& [id, watched] : watched_) {
    if (watched.is_running == running) candidates.emplace_back(watched.active_at, id);
  }
  if (candidates.size() <= most) return;
  const auto first_kept = candidates.begin() + static_cast<std::ptrdiff_t>(candidates.size() - most);
  std::nth_element(candidates.begin(), first_kept, candidates.end());
  for (auto candidate = candidates.begin(); candidate != first_kept; ++candidate) watched_.erase(candidate->second);
}

}  // namespace spark::sparktel

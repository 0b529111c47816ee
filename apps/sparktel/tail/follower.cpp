#include "apps/sparktel/tail/follower.h"

#include <algorithm>
#include <utility>

namespace spark::sparktel {

namespace {

constexpr std::size_t ids_at_once = 1'000;

// Changes with every commit of another connection, and costs a look into shared memory.
constexpr const char* read_version = "PRAGMA data_version";

Timestamp end_of(const Follower::Ended& ended) {
  if (const auto* const span = std::get_if<Span>(&ended)) return span->end_time;
  return std::get<Trace>(ended).end_time.value_or(Timestamp{});
}

}  // namespace

Follower::Follower(Store& store, Database& database, Options options)
    : store_(store), database_(database), options_(options) {
  // No version that there is: the first poll looks.
  data_version_ = -1;
  if (options_.from_the_beginning) return;
  // First, so that what is written while this looks around is looked at again.
  data_version_ = database_.integer(read_version);
  const std::int64_t newest = database_.integer("SELECT max(number) FROM trace_ids");
  last_number_ = std::max<std::int64_t>(newest - static_cast<std::int64_t>(most_idle), 0);
  find_new_traces(nullptr);
  TraceQuery running{.limit = most_running, .status = TraceStatus::started};
  running.with_attributes = false;
  for (const Trace& trace : store_.query_traces(running)) look_at(trace.trace_id, watched_[trace.trace_id], nullptr);
}

std::vector<Follower::Ended> Follower::poll() {
  std::vector<Ended> found;
  const std::int64_t version = database_.integer(read_version);
  if (version == data_version_) return found;
  data_version_ = version;
  ++polls_;
  for (auto& [id, watched] : watched_) look_at(id, watched, &found);
  find_new_traces(&found);
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
  if (const std::int64_t count = database_.count_spans(id); count != watched.spans) {
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

void Follower::find_new_traces(std::vector<Ended>* found) {
  for (;;) {
    const std::vector<TraceId> ids = database_.trace_ids_since(last_number_, ids_at_once);
    for (const TraceId id : ids) {
      Watched& watched = watched_[id];
      watched.active_at = polls_;
      look_at(id, watched, found);
    }
    if (ids.size() < ids_at_once) return;
  }
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

#include "ingest/known_senders.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <string>
#include <utility>

#include "spark/base/error.h"

namespace spark::detail::ingest {
namespace {

constexpr const char* document_kind = "otlp_senders";
constexpr const char* since_id = "since";
constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();

std::int64_t now_ns(Clock& clock) { return clock.wall_now().time_since_epoch().count(); }

Value since_document(std::int64_t since_ns) { return Value(Object{{"since_ns", since_ns}}); }

// Of a store in which nobody has noted anything yet.
bool may_hold_counts(Store& store) {
  try {
    MetricQuery query;
    query.limit = 1;
    query.with_attributes = false;
    return !store.query_metrics(query).empty();
  } catch (const Error& error) {
    if (error.code() == ErrorCode::timeout) return true;
    throw;
  }
}

// Does what it is given, and says that senders are not kept where the store fails.
template <class Action>
void with_store(const Action& action) {
  try {
    action();
  } catch (const Error& error) {
    throw SendersNotKept(error.what());
  }
}

}  // namespace

bool KnownSenders::is_new(const RecordId& sender, std::int64_t start_ns) {
  const std::lock_guard lock(mutex_);
  if (!is_loaded_) with_store([this] { load(); });
  const auto found = new_from_.find(sender);
  const std::int64_t new_from = found == new_from_.end() ? since_ns_ : found->second;
  return new_from != never && start_ns >= new_from;
}

void KnownSenders::remember(const std::unordered_set<RecordId>& senders) {
  const std::lock_guard lock(mutex_);
  if (!is_loaded_) with_store([this] { load(); });
  std::vector<RecordId> unknown;
  for (const RecordId& sender : senders) {
    if (!new_from_.contains(sender)) unknown.push_back(sender);
  }
  if (unknown.empty()) return;
  // Until it is certain what the store has.
  is_loaded_ = false;
  with_store([&] {
    const std::optional<Document> since = store_.get(document_kind, since_id);
    if (!since || since->revision != since_revision_) throw SendersNotKept("records were imported meanwhile");
    for (auto next = unknown.begin(); next != unknown.end();) {
      Segment& segment = segment_with_room();
      const auto room = static_cast<std::ptrdiff_t>(senders_per_segment - segment.senders.size());
      const auto end = next + std::min(room, unknown.end() - next);
      segment.senders.insert(segment.senders.end(), next, end);
      put(segment);
      ++segment.revision;
      for (; next != end; ++next) new_from_.emplace(*next, since_ns_);
    }
  });
  is_loaded_ = true;
}

void KnownSenders::load() {
  load_since();
  load_segments();
  is_loaded_ = true;
}

void KnownSenders::load_since() {
  std::optional<Document> since = store_.get(document_kind, since_id);
  if (!since) {
    const std::int64_t since_ns = may_hold_counts(store_) ? now_ns(clock_) : 0;
    since = Document{since_document(since_ns), store_.put(document_kind, since_id, since_document(since_ns), 0)};
  }
  since_ns_ = since->content.as_object().at("since_ns").as_int();
  since_revision_ = since->revision;
}

void KnownSenders::load_segments() {
  sequence_ = 0;
  segments_ = {};
  for (std::size_t i = 0; i < segments; ++i) {
    const std::optional<Document> document = store_.get(document_kind, std::to_string(i));
    if (!document) continue;
    Segment& segment = segments_[i];
    segment.revision = document->revision;
    segment.sequence = static_cast<std::uint64_t>(document->content.as_object().at("sequence").as_int());
    sequence_ = std::max(sequence_, segment.sequence);
    for (const Value& sender : document->content.as_object().at("senders").as_array()) {
      segment.senders.push_back(RecordId::parse(sender.as_string()));
      // Those that this object has remembered stay what they are.
      new_from_.emplace(segment.senders.back(), never);
    }
  }
}

void KnownSenders::doubt_all_before_now() {
  const std::int64_t since_ns = now_ns(clock_);
  since_revision_ = store_.put(document_kind, since_id, since_document(since_ns), since_revision_);
  since_ns_ = since_ns;
}

KnownSenders::Segment& KnownSenders::segment_with_room() {
  Segment& current = segments_[sequence_ % segments];
  if (current.senders.size() < senders_per_segment) return current;
  Segment& next = segments_[(sequence_ + 1) % segments];
  if (!next.senders.empty()) doubt_all_before_now();
  for (const RecordId& forgotten : std::exchange(next.senders, {})) new_from_.erase(forgotten);
  next.sequence = ++sequence_;
  return next;
}

void KnownSenders::put(const Segment& segment) {
  Array senders;
  for (const RecordId& sender : segment.senders) senders.emplace_back(sender.to_string());
  const Object content{{"sequence", static_cast<std::int64_t>(segment.sequence)}, {"senders", std::move(senders)}};
  store_.put(document_kind, std::to_string(segment.sequence % segments), Value(content), segment.revision);
}

void note_import(Store& store, Clock& clock) {
  // Where nobody has noted anything yet, the first who does so finds the metrics.
  for (int tries = 0;; ++tries) {
    const std::optional<Document> since = store.get(document_kind, since_id);
    if (!since) return;
    try {
      store.put(document_kind, since_id, since_document(now_ns(clock)), since->revision);
      return;
    } catch (const Error& error) {
      if (error.code() != ErrorCode::conflict || tries == 10) throw;
    }
  }
}

}  // namespace spark::detail::ingest

#include "ingest/series_state.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "telemetry/exponential_histogram.h"

namespace spark::detail::ingest {
namespace {

// Whether some bucket has lost measurements. Both are of one scale.
bool has_fewer(const Distribution::Buckets& now, const Distribution::Buckets& before) noexcept {
  for (std::size_t i = 0; i < before.counts.size(); ++i) {
    if (before.counts[i] == 0) continue;
    const std::int64_t place = std::int64_t{before.offset} + static_cast<std::int64_t>(i) - now.offset;
    const bool is_inside = place >= 0 && place < static_cast<std::int64_t>(now.counts.size());
    if (!is_inside || now.counts[static_cast<std::size_t>(place)] < before.counts[i]) return true;
  }
  return false;
}

bool has_fewer(Distribution now, Distribution before) {
  if (now.count < before.count || now.zero_count < before.zero_count) return true;
  const std::int32_t scale = std::min(now.scale, before.scale);
  rescale(now, scale);
  rescale(before, scale);
  return has_fewer(now.positive, before.positive) || has_fewer(now.negative, before.negative);
}

// Whether a series began anew between two points of it.
bool is_reset(const Reading& now, const Reading& before) {
  if (now.start_ns != 0 && before.start_ns != 0 && now.start_ns > before.start_ns) return true;
  if (now.count < before.count || now.bounds != before.bounds || now.counts.size() != before.counts.size()) return true;
  for (std::size_t i = 0; i < now.counts.size(); ++i) {
    if (now.counts[i] < before.counts[i]) return true;
  }
  // A histogram's sum falls where it has negative measurements.
  const bool is_sum = now.count == 0 && now.distribution.count == 0;
  return (is_sum && now.value < before.value) || has_fewer(now.distribution, before.distribution);
}

void subtract(Reading& now, const Reading& before) {
  // Of sums with different signs the difference may be beyond every double.
  constexpr double largest = std::numeric_limits<double>::max();
  now.value = std::clamp(now.value - before.value, -largest, largest);
  now.count -= before.count;
  for (std::size_t i = 0; i < now.counts.size(); ++i) now.counts[i] -= before.counts[i];
  if (before.distribution.count != 0) now.distribution = difference(now.distribution, before.distribution);
}

// In ordinary series: of histograms with many bounds fewer are remembered.
std::size_t weight_of(const Reading& reading) { return reading.bounds.size() / 32; }

}  // namespace

bool SeriesChanges::advance(const RecordId& sender, const RecordId& series, Reading& reading) {
  auto changed = changed_.find(series);
  if (changed == changed_.end()) {
    std::optional<Entry> known = state_->find(series);
    if (!known) {
      changed_[series].last = reading;
      return begins(sender, reading);
    }
    changed = changed_.emplace(series, std::move(*known)).first;
  }
  Entry& entry = changed->second;
  if (reading.time_ns < entry.last.time_ns) return false;
  if (reading.time_ns > entry.last.time_ns) entry.before = std::exchange(entry.last, reading);
  if (!entry.before) return begins(sender, reading);
  if (!is_reset(reading, *entry.before)) subtract(reading, *entry.before);
  return true;
}

bool SeriesChanges::begins(const RecordId& sender, const Reading& reading) {
  senders_.insert(sender);
  const bool counts = state_->begins(sender, reading);
  if (!counts) ++standing_;
  return counts;
}

void SeriesState::commit(SeriesChanges&& changes, std::int64_t now_ns) {
  const std::lock_guard lock(mutex_);
  for (auto& [series, entry] : changes.changed_) put(series, std::move(entry), now_ns);
  changes.changed_.clear();
}

std::uint64_t SeriesState::forgotten() const {
  const std::lock_guard lock(mutex_);
  return forgotten_;
}

std::optional<SeriesState::Entry> SeriesState::find(const RecordId& series) const {
  const std::lock_guard lock(mutex_);
  if (const auto found = recent_.find(series); found != recent_.end()) return found->second;
  if (const auto found = older_.find(series); found != older_.end()) return found->second;
  return std::nullopt;
}

bool SeriesState::begins(const RecordId& sender, const Reading& reading) const {
  {
    const std::lock_guard lock(mutex_);
    if (since_ns_ == 0 || reading.start_ns >= since_ns_) return true;
    if (forgotten_ != 0) return false;
  }
  return is_new_sender_ && is_new_sender_(sender, reading.start_ns);
}

void SeriesState::put(const RecordId& series, Entry&& entry, std::int64_t now_ns) {
  const auto weight = [](const Entry& one) {
    return 1 + weight_of(one.last) + (one.before ? weight_of(*one.before) : 0);
  };
  if (const auto known = recent_.find(series); known != recent_.end()) {
    recent_weight_ -= weight(known->second);
    recent_.erase(known);
  } else if (recent_weight_ >= std::max<std::size_t>(most_ / 2, 1)) {
    older_.erase(series);
    if (!older_.empty()) since_ns_ = std::max(since_ns_, now_ns);
    forgotten_ += older_.size();
    older_ = std::exchange(recent_, {});
    recent_weight_ = 0;
  }
  older_.erase(series);
  recent_weight_ += weight(entry);
  recent_.emplace(series, std::move(entry));
}

}  // namespace spark::detail::ingest

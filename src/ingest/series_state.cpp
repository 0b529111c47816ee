#include "ingest/series_state.h"

#include <algorithm>
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
  now.value -= before.value;
  now.count -= before.count;
  for (std::size_t i = 0; i < now.counts.size(); ++i) now.counts[i] -= before.counts[i];
  if (before.distribution.count != 0) now.distribution = difference(now.distribution, before.distribution);
}

}  // namespace

bool SeriesState::advance(const RecordId& series, Reading& reading) {
  const std::lock_guard lock(mutex_);
  Entry* const entry = find(series);
  if (entry == nullptr) {
    make(series).last = reading;
    return begins(reading);
  }
  if (reading.time_ns < entry->last.time_ns) return false;
  if (reading.time_ns > entry->last.time_ns) entry->before = std::exchange(entry->last, reading);
  if (!entry->before) return begins(reading);
  if (!is_reset(reading, *entry->before)) subtract(reading, *entry->before);
  return true;
}

std::uint64_t SeriesState::forgotten() const {
  const std::lock_guard lock(mutex_);
  return forgotten_;
}

SeriesState::Entry* SeriesState::find(const RecordId& series) {
  if (const auto found = recent_.find(series); found != recent_.end()) return &found->second;
  const auto found = older_.find(series);
  if (found == older_.end()) return nullptr;
  Entry entry = std::move(found->second);
  older_.erase(found);
  Entry& kept = make(series);
  kept = std::move(entry);
  return &kept;
}

SeriesState::Entry& SeriesState::make(const RecordId& series) {
  if (recent_.size() >= std::max<std::size_t>(most_ / 2, 1)) {
    forgotten_ += older_.size();
    older_ = std::exchange(recent_, {});
  }
  return recent_[series];
}

bool SeriesState::begins(const Reading& reading) const noexcept {
  return since_ns_ == 0 || reading.start_ns >= since_ns_;
}

}  // namespace spark::detail::ingest

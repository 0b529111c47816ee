#include "live_traces.h"

#include <cstring>
#include <new>
#include <utility>

#include "record_writer.h"

namespace spark::detail {

OwnedRecord& OwnedRecord::operator=(OwnedRecord&& other) noexcept {
  std::swap(words_, other.words_);
  return *this;
}

OwnedRecord::~OwnedRecord() {
  if (!empty()) release_values(bytes(), size_bytes());
}

OwnedRecord OwnedRecord::copy_of(const std::byte* record, std::size_t size_bytes) noexcept {
  OwnedRecord result;
  try {
    result.words_.resize(size_bytes / sizeof(std::uint64_t));
  } catch (const std::bad_alloc&) {
    return result;
  }
  std::memcpy(result.bytes(), record, size_bytes);
  if (!clone_values(result.bytes(), size_bytes)) result.words_.clear();
  return result;
}

void OwnedRecord::disown_values() noexcept { reinterpret_cast<RecordHead*>(bytes())->flags &= ~has_values_flag; }

bool LiveTraces::add(TraceId id, Facts facts, OwnedRecord end) noexcept {
  const std::lock_guard lock(mutex_);
  return add_new(id, facts, std::move(end));
}

bool LiveTraces::add_new(TraceId id, Facts facts, OwnedRecord end) noexcept {
  try {
    if (traces_.contains(id)) return false;
    if (traces_.size() >= limit_ && !by_age_.empty()) {
      traces_.erase(by_age_.front());
      by_age_.pop_front();
      evicted_.fetch_add(1, std::memory_order_relaxed);
    }
    const auto place = by_age_.insert(by_age_.end(), id);
    try {
      traces_.emplace(id, Live{facts, 0, std::move(end), place});
      return true;
    } catch (const std::bad_alloc&) {
      by_age_.erase(place);
      return false;
    }
  } catch (const std::bad_alloc&) {
    return false;
  }
}

bool LiveTraces::join(TraceId id, bool is_sampled) noexcept {
  const std::lock_guard lock(mutex_);
  (void)add_new(id, {.is_sampled = is_sampled, .is_remote = true}, {});
  const auto found = traces_.find(id);
  if (found == traces_.end() || !found->second.facts.is_remote) return false;
  ++found->second.joined;
  return true;
}

void LiveTraces::leave(TraceId id) noexcept {
  const std::lock_guard lock(mutex_);
  const auto found = traces_.find(id);
  if (found == traces_.end() || !found->second.facts.is_remote || --found->second.joined != 0) return;
  by_age_.erase(found->second.place);
  traces_.erase(found);
}

std::optional<LiveTraces::Facts> LiveTraces::find(TraceId id) const noexcept {
  const std::lock_guard lock(mutex_);
  const auto found = traces_.find(id);
  if (found == traces_.end()) return std::nullopt;
  return found->second.facts;
}

std::optional<LiveTraces::Ended> LiveTraces::remove(TraceId id) noexcept {
  const std::lock_guard lock(mutex_);
  const auto found = traces_.find(id);
  if (found == traces_.end()) return std::nullopt;
  Ended result{found->second.facts.is_sampled, std::move(found->second.end)};
  by_age_.erase(found->second.place);
  traces_.erase(found);
  return result;
}

void LiveTraces::forget_records() noexcept {
  const std::lock_guard lock(mutex_);
  for (auto& [id, live] : traces_) live.end = OwnedRecord();
}

}  // namespace spark::detail

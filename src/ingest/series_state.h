// Cumulative points say how much there has been since a series began; our counters and histograms are increments. So
// the last point of each series is remembered, and what a point has more than the one before is what is stored.
//
// A request that is sent again gives the same increments again, under the same ids, whether the first one was stored or
// not: what a request changes counts once it is committed, after its records were stored, and the point before the last
// is remembered too. Points that are older than the last one are ignored.
//
// Bounded: of the series that were not seen for longest half is forgotten when there are too many. From then on an
// unknown series that began before only says where it stands, whoever sends it, since it may be one of those.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "spark/base/ids.h"
#include "spark/telemetry/records.h"

namespace spark::detail::ingest {

// One cumulative point, or its increment: a sum (`value` alone) or a histogram, whose buckets are a Distribution's or
// lie between `bounds`.
struct Reading {
  std::int64_t start_ns = 0;  // 0: not said
  std::int64_t time_ns = 0;
  double value = 0;                 // the sum
  std::uint64_t count = 0;          // of a histogram
  std::vector<double> bounds = {};  // of `counts`
  std::vector<std::uint64_t> counts = {};
  Distribution distribution = {};

  bool operator==(const Reading&) const = default;
};

class SeriesState;

// What one request changes. Used by one thread; the state must outlive it.
class SeriesChanges {
 public:
  explicit SeriesChanges(const SeriesState& state) : state_(&state) {}

  // Makes the increment of `reading`. False: there is nothing to be stored, because the point is an old one, or only
  // says where a series stands that began before anybody looked.
  [[nodiscard]] bool advance(const RecordId& sender, const RecordId& series, Reading& reading);
  // Points that only said where their series stand.
  [[nodiscard]] std::uint64_t standing() const noexcept { return standing_; }
  // Whose series began here, whether they count or not.
  [[nodiscard]] const std::unordered_set<RecordId>& senders() const noexcept { return senders_; }

 private:
  friend SeriesState;
  struct Entry {
    Reading last = {};
    std::optional<Reading> before = {};
  };
  using Entries = std::unordered_map<RecordId, Entry>;

  [[nodiscard]] bool begins(const RecordId& sender, const Reading& reading);

  const SeriesState* state_;
  Entries changed_;
  std::unordered_set<RecordId> senders_;
  std::uint64_t standing_ = 0;
};

// Safe from any thread.
class SeriesState {
 public:
  using IsNewSender = std::function<bool(const RecordId& sender, std::int64_t start_ns)>;

  // Series that began before `since_ns` may be known to whoever was there before, unless their sender is new.
  SeriesState(std::size_t most, std::int64_t since_ns, IsNewSender is_new_sender)
      : most_(most), is_new_sender_(std::move(is_new_sender)), since_ns_(since_ns) {}

  // `now_ns`: since the epoch.
  void commit(SeriesChanges&& changes, std::int64_t now_ns);
  [[nodiscard]] std::uint64_t forgotten() const;

 private:
  friend SeriesChanges;
  using Entry = SeriesChanges::Entry;
  using Entries = SeriesChanges::Entries;

  [[nodiscard]] std::optional<Entry> find(const RecordId& series) const;
  [[nodiscard]] bool begins(const RecordId& sender, const Reading& reading) const;
  void put(const RecordId& series, Entry&& entry, std::int64_t now_ns);

  const std::size_t most_;
  const IsNewSender is_new_sender_;
  mutable std::mutex mutex_;
  std::int64_t since_ns_;
  Entries recent_;  // that weigh at most half of most_, as the next
  Entries older_;
  std::size_t recent_weight_ = 0;
  std::uint64_t forgotten_ = 0;
};

}  // namespace spark::detail::ingest

// Cumulative points say how much there has been since a series began; our counters and histograms are increments. So
// the last point of each series is remembered, and what a point has more than the one before is what is stored.
//
// A request that is sent again gives the same increments again, under the same ids, whether the first one was stored or
// not: the point before the last is remembered too. Points that are older than the last one are ignored.
//
// Bounded: of the series that were not seen for longest half is forgotten when there are too many. Safe from any
// thread.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <unordered_map>
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

class SeriesState {
 public:
  SeriesState(std::size_t most, std::int64_t since_ns) : most_(most), since_ns_(since_ns) {}

  // Makes the increment of `reading`. False: there is nothing to be stored, because the point is an old one, or only
  // says where a series stands that began before `since_ns`.
  [[nodiscard]] bool advance(const RecordId& series, Reading& reading);

  [[nodiscard]] std::uint64_t forgotten() const;

 private:
  struct Entry {
    Reading last = {};
    std::optional<Reading> before = {};
  };
  using Entries = std::unordered_map<RecordId, Entry>;

  [[nodiscard]] Entry* find(const RecordId& series);
  [[nodiscard]] Entry& make(const RecordId& series);
  [[nodiscard]] bool begins(const Reading& reading) const noexcept;

  const std::size_t most_;
  const std::int64_t since_ns_;
  mutable std::mutex mutex_;
  Entries recent_;  // at most half of most_, as the next
  Entries older_;
  std::uint64_t forgotten_ = 0;
};

}  // namespace spark::detail::ingest

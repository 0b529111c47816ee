// What bounds the decoder, and what it cut. Plain values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "spark/base/error.h"
#include "spark/base/ids.h"
#include "spark/telemetry/config.h"

namespace spark::detail::ingest {

struct DecoderOptions {
  // Of a record, as for those that are recorded here. Longer texts are cut, further attributes left out.
  Limits limits = {};
  // A batch that has so many records is followed by another: what a store writes in one transaction. The points of one
  // metric stay together.
  std::size_t records_per_batch = 10'000;
  // What the records of one request may take in memory; more is RequestTooLarge. Those of SDKs take two or three times
  // as much as their request, so a request of 64 MiB fits; one that is made to take a hundred times as much does not.
  std::size_t most_bytes = 256 << 20;
  // Different ones in one request; each costs a batch. The records of further ones are refused.
  std::size_t resources = 10'000;
  // Cumulative series whose last point is remembered, at about 300 B each, and 3 KiB for a histogram with many buckets.
  // Beyond it, those are forgotten that were not seen for longest.
  std::size_t series = 100'000;
  // Since the epoch. Of a cumulative series that began earlier, and that is not known, the first point only says where
  // it stands: what it counts may be stored already, by the receiver that ran before. 0: all of it is new.
  std::int64_t since_ns = 0;
  // Whether nothing of a series of this sender (its resource's hash) that began then can be stored already, so that it
  // counts whole though it is older. Asked for each series that is not known, from any thread; what it throws, the
  // decoder throws. Empty: none is.
  std::function<bool(const RecordId& sender, std::int64_t start_ns)> is_new_sender = {};
};

class RequestTooLarge : public Error {
 public:
  explicit RequestTooLarge(std::size_t most_bytes)
      : Error(ErrorCode::invalid_argument,
              "the request's records take more than " + std::to_string(most_bytes) + " bytes; send it in parts") {}
};

// What the limits took away, as Stats counts it for what is recorded here.
struct Cuts {
  std::uint64_t attributes_dropped = 0;
  std::uint64_t span_events_dropped = 0;
  std::uint64_t texts_cut = 0;
  std::uint64_t values_cut = 0;
  std::uint64_t texts_repaired = 0;

  bool operator==(const Cuts&) const = default;
};

}  // namespace spark::detail::ingest

// Turns OTLP requests, in protobuf or JSON, into batches for a Store: what our exporter wrote comes back as it was, as
// far as the mapping allows, and what other SDKs send becomes the records nearest to it. docs/otlp.md, "What comes in",
// says what becomes what; backends/otlp/mapping.h holds the names.
//
// A request that is sent again gives records with the same ids, so that a store keeps nothing twice.
//
// The decoder trusts nobody: it reads within the body, takes time in proportion to it, nests no deeper than protobuf
// does, and holds at most DecoderOptions::most_bytes of records and 6 KiB for each resource.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backends/otlp/signal.h"
#include "ingest/decoder_options.h"
#include "ingest/series_state.h"
#include "spark/telemetry/batch.h"

namespace spark::detail::ingest {

using otlp::Encoding;
using otlp::Signal;

// What one request becomes.
struct Decoded {
  std::vector<std::shared_ptr<const Batch>> batches = {};  // at least one for each resource that has records
  std::uint64_t items = 0;     // spans, data points' metrics, log records of the request that were taken
  std::uint64_t rejected = 0;  // spans, data points, log records that were not: a partial success
  std::string message = {};    // what was wrong with the first of them; empty if there is none
  std::uint64_t standing = 0;  // cumulative points of which only is known where their series stand
  Cuts cuts = {};
  std::optional<SeriesChanges> series = {};  // the decoder's, as is the next
  std::int64_t received_ns = 0;
};

// Safe from any thread. Of the requests of one client the cumulative metrics have to come one after the other.
class OtlpDecoder {
 public:
  explicit OtlpDecoder(const DecoderOptions& options = {});

  // `received_ns`: the time that records get that have none, since the epoch. Throws Error(invalid_argument) for a body
  // that is no such request, saying where; RequestTooLarge; std::bad_alloc.
  //
  // Whoever stores the records then says so by commit(): what the request's cumulative points said counts from then on.
  // Without it the request might never have been there.
  [[nodiscard]] Decoded decode_for_store(Signal signal, Encoding encoding, std::string_view body,
                                         std::int64_t received_ns = 0);
  void commit(Decoded& decoded);
  // Both at once.
  [[nodiscard]] Decoded decode(Signal signal, Encoding encoding, std::string_view body, std::int64_t received_ns = 0);

  // Cumulative series whose last point was forgotten because there were too many.
  [[nodiscard]] std::uint64_t series_forgotten() const { return series_.forgotten(); }

 private:
  const DecoderOptions options_;
  SeriesState series_;
};

}  // namespace spark::detail::ingest

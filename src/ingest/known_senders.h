// KnownSenders remembers in a store which senders (OTLP resources: mostly processes) had cumulative series there. So a
// receiver that is started anew can tell a sender whose counts the store may have from one that is new to it, such as a
// process whose records waited in a spool until the receiver was there.
//
// In doubt less is counted, never more: a sender is remembered before what it sent is stored; senders that were
// forgotten, because there were too many, or that nobody has noted, because records came from elsewhere, may be any
// whose series began before that.
//
// The documents of kind "otlp_senders": "since", {"since_ns"}, the last time of such a doubt, 0 for never; and "0" to
// "63", {"sequence", "senders"}, each of at most 512 senders, where a later sequence takes the place of the one 64
// before.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <stdexcept>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "spark/base/clock.h"
#include "spark/base/ids.h"
#include "spark/telemetry/sink.h"

namespace spark::detail::ingest {

// No Error: the request is all right, and can be sent again.
class SendersNotKept : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Safe from any thread. The store and the clock must outlive it.
class KnownSenders {
 public:
  static constexpr std::size_t segments = 64;
  static constexpr std::size_t senders_per_segment = 512;

  KnownSenders(Store& store, Clock& clock) : store_(store), clock_(clock) {}

  // Whether the store can have nothing of a series of this sender that began then (since the epoch; 0: not said) but
  // what came through this object. Throws SendersNotKept if the store fails.
  [[nodiscard]] bool is_new(const RecordId& sender, std::int64_t start_ns);
  // To be called before anything of theirs is stored. Throws SendersNotKept: the store fails, or another receiver has
  // remembered others meanwhile, and they have to be looked at again.
  void remember(const std::unordered_set<RecordId>& senders);

 private:
  struct Segment {
    std::uint64_t revision = 0;  // 0: there is none yet
    std::uint64_t sequence = 0;
    std::vector<RecordId> senders = {};
  };

  void load();
  void load_since();
  void load_segments();
  void doubt_all_before_now();
  // Where the next sender goes to: a segment with room.
  [[nodiscard]] Segment& segment_with_room();
  void put(const Segment& segment);

  Store& store_;
  Clock& clock_;
  std::mutex mutex_;
  bool is_loaded_ = false;
  std::int64_t since_ns_ = 0;
  std::uint64_t since_revision_ = 0;
  std::uint64_t sequence_ = 0;  // of the segment that is being filled
  std::array<Segment, segments> segments_;
  // Of senders that are remembered: from when on their series are new. Never, if others have remembered them.
  std::unordered_map<RecordId, std::int64_t> new_from_;
};

// Notes that records came into the store by another way: what a sender has there is not known from now on. Throws what
// the store throws.
void note_import(Store& store, Clock& clock = system_clock());

}  // namespace spark::detail::ingest

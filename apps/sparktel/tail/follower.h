// Follower finds what ends in a database while another process writes it. Spans are written at their end, so neither
// their start nor a position in a table says which are new; and a trace may get spans for hours. So it watches traces:
// those that run, those that are new (Changes knows), and those that were active lately. Of these it remembers which
// spans it has given.
//
// A poll costs one short question while nobody has written, else a look-up and a count for each trace that may have got
// something, and the spans of those that did. Missed is only a span of a trace that has ended, or was silent, while
// `most_idle` others were active, and one that is not among the `most_spans` of its trace that started last. Nothing
// here waits or asks for the time. For one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <unordered_set>
#include <variant>
#include <vector>

#include "apps/sparktel/sources/source.h"
#include "spark/telemetry/records.h"
#include "spark/telemetry/sink.h"

namespace spark::sparktel {

class Follower {
 public:
  static constexpr std::size_t most_idle = 500;        // ended traces, or such without a row of their own
  static constexpr std::size_t most_running = 10'000;  // a killed process leaves traces that run for ever
  static constexpr std::size_t most_spans = 100'000;   // of one trace that are looked at

  using Ended = std::variant<Span, Trace>;

  struct Options {
    bool with_attributes = false;     // of what is given
    bool from_the_beginning = false;  // else what is there now counts as given
  };

  // Both must outlive this and be of the same database.
  Follower(Store& store, Changes& changes, Options options);

  // What has ended since the last call, by the time of its end; of traces only those that were started here. Throws
  // Error.
  [[nodiscard]] std::vector<Ended> poll();
  [[nodiscard]] std::size_t watched() const noexcept { return watched_.size(); }

 private:
  struct Watched {
    std::unordered_set<SpanId> given;
    std::int64_t spans = 0;   // that the trace had when they were read last
    bool is_running = false;  // started and not ended
    bool is_trace_given = false;
    std::uint64_t active_at = 0;  // the number of the poll that found something
  };

  void look_at(TraceId id, Watched& watched, std::vector<Ended>* found);
  [[nodiscard]] std::vector<TraceId> watched_ids() const;
  void forget_idle(bool running, std::size_t most);

  Store& store_;
  Changes& changes_;
  Options options_;
  std::uint64_t polls_ = 0;
  std::unordered_map<TraceId, Watched> watched_;
};

}  // namespace spark::sparktel

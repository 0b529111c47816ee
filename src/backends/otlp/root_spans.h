// Which root spans were sent. At a trace's end it decides whether the trace still has to be sent as a span of its own.
//
// A root span is one without a parent. It is remembered from its batch until the trace's end comes, which for a graph's
// run is at once; those of traces that began in another process have no end here and are not remembered. Bounded: when
// 65,536 are waiting, as many as the manager keeps live traces, the older half is forgotten and counted. A trace whose
// root span was forgotten, or comes only in a later batch than its end, is sent as a span as well: a platform then has
// two spans of one id, and nothing is lost.
#pragma once

#include <cstdint>
#include <unordered_set>
#include <vector>

#include "spark/base/ids.h"
#include "spark/telemetry/batch.h"

namespace spark::detail::otlp {

// One thread at a time. What note() tells is known at once, and stays only if commit() follows.
class RootSpans {
 public:
  static constexpr std::size_t max_remembered = 65'536;

  // The traces of a batch that ended.
  struct Ended {
    std::vector<const TraceView*> unclaimed;  // no span stands for them
    std::vector<const TraceView*> claimed;
  };
  // Both in order of first appearance. The views live as long as the batch.
  [[nodiscard]] Ended note(const Batch& batch);
  // What the last note() learned stays.
  void commit() noexcept;

  [[nodiscard]] std::uint64_t forgotten() const noexcept { return forgotten_; }

 private:
  struct Key {
    TraceId trace_id;
    SpanId span_id;
    bool operator==(const Key&) const = default;
  };
  struct Hash {
    std::size_t operator()(const Key& key) const noexcept {
      return std::hash<TraceId>{}(key.trace_id) ^ std::hash<SpanId>{}(key.span_id);
    }
  };
  using Set = std::unordered_set<Key, Hash>;

  Set recent_;  // at most half of max_remembered, as the next
  Set older_;
  Set of_batch_;            // what the batch's spans stand for
  std::vector<Key> ended_;  // what need not be remembered any more
  std::uint64_t forgotten_ = 0;
};

}  // namespace spark::detail::otlp

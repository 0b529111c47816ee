// KnownSenders remembers in a store which senders (OTLP resources: mostly processes) had cumulative series there, one
// document each. So a receiver that is started anew can tell a sender whose counts it may have from one that is new to
// the store, such as a process whose records waited in a spool until the receiver was there.
//
// A sender is remembered before what it sent is stored: should the process end in between, less is counted, never more.
#pragma once

#include <mutex>
#include <stdexcept>
#include <unordered_map>

#include "spark/base/ids.h"
#include "spark/telemetry/sink.h"

namespace spark::detail::ingest {

// No Error: the request is all right.
class SendersNotKept : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Safe from any thread. The store must outlive it.
class KnownSenders {
 public:
  explicit KnownSenders(Store& store) : store_(store) {}

  // Whether the store had nothing of this sender when this object was made. Throws SendersNotKept if the store fails.
  [[nodiscard]] bool is_new(const RecordId& sender);

 private:
  // Of those in memory. Beyond it, all are asked for again.
  static constexpr std::size_t most = 100'000;

  [[nodiscard]] bool remember(const RecordId& sender);

  Store& store_;
  std::mutex mutex_;
  std::unordered_map<RecordId, bool> is_new_;  // of those that were asked for lately
};

}  // namespace spark::detail::ingest

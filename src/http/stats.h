// What a Server has counted since it was made. Counters only rise; the gauges say how things are now.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>

namespace spark::http {

struct Stats {
  std::uint64_t connections_accepted = 0;
  std::uint64_t connections_evicted = 0;  // closed, because there were too many, for one that waited
  std::uint64_t accepts_delayed = 0;    // times that a new connection had to wait, because none could be closed for it
  std::uint64_t accept_errors = 0;      // no file descriptors, no memory
  std::uint64_t handshakes_failed = 0;  // of TLS; those out of time are counted there
  std::uint64_t requests = 0;           // that came whole and went to the handler
  std::uint64_t responses = 0;          // that were written whole, refusals included
  std::uint64_t bytes_received = 0;     // without TLS's own
  std::uint64_t bytes_sent = 0;

  std::uint64_t headers_too_large = 0;  // 431
  std::uint64_t bodies_too_large = 0;   // 413
  std::uint64_t memory_refused = 0;     // 503, because of total_body_bytes
  std::uint64_t bad_requests = 0;       // 400, 417, 501, 505
  std::uint64_t handler_errors = 0;     // 500
  std::uint64_t server_errors = 0;  // connections that ended because the server failed, of lack of memory for example

  std::uint64_t handshake_timeouts = 0;
  std::uint64_t header_timeouts = 0;  // 408
  std::uint64_t body_timeouts = 0;    // 408
  std::uint64_t idle_timeouts = 0;
  std::uint64_t write_timeouts = 0;

  std::uint64_t requests_cut = 0;  // connections that a stop ended with a request under way

  std::size_t connections_open = 0;  // a gauge
  std::size_t body_bytes = 0;        // a gauge: memory of bodies
  std::size_t body_bytes_peak = 0;

  bool operator==(const Stats&) const = default;
};

// The counters of one server. Safe from any thread; a request counts a handful of times, so a lock will do.
class Counters {
 public:
  void add(std::uint64_t Stats::*counter, std::uint64_t amount = 1) noexcept {
    const std::lock_guard lock(mutex_);
    stats_.*counter += amount;
  }
  // Without the gauges.
  [[nodiscard]] Stats get() const {
    const std::lock_guard lock(mutex_);
    return stats_;
  }

 private:
  mutable std::mutex mutex_;
  Stats stats_;
};

}  // namespace spark::http

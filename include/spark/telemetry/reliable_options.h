// What is done when the far end of a backend does not answer: how often a write is tried again, when trying stops for a
// while, and where records wait meanwhile. A part of TelemetryConfig, for backends that send (otlp, postgresql); a
// plain, comparable value:
//
//   TelemetryConfig::create_otlp("https://collector:4317", {.reliable = {.spool_path = "telemetry.spool"}})
//
// The defaults try again for five minutes and keep nothing on the disk. docs/backends.md, "When the far end is down".
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "spark/base/clock.h"

namespace spark {

// Which records go when the spool is full.
enum class SpoolPolicy : std::uint8_t {
  drop_newest,  // what was recorded first is kept: how the trouble began
  drop_oldest,  // what was recorded last is kept: how things are now
};

// "drop_newest", "drop_oldest". Static storage.
[[nodiscard]] std::string_view to_string(SpoolPolicy) noexcept;

struct ReliableOptions {
  // false: each write is tried once. For a sink that does all this by itself.
  bool enabled = true;

  // Between two attempts: the first wait, by how much each following one is longer, and the longest. 0.001 s to 1 day,
  // 1 to 100, and initial_backoff to 1 day. Longer ones are kinder to a far end that is overloaded; shorter ones notice
  // earlier that it is back.
  Seconds initial_backoff{1};
  double factor = 2;
  Seconds max_backoff{30};
  // The share of each wait that chance takes away, so that many processes do not come back in the same moment. 0 to 1.
  double jitter = 0.5;
  // The longest that a far end may ask to be left alone (Retry-After); asked for more, it gets this. 0 s to 1 day.
  Seconds max_retry_after{60};
  // Without a spool: when a batch has been tried for this long, it is dropped (sink_error). What comes meanwhile waits
  // in the queue, up to queue_bytes. 0 s (one attempt) to 1 day.
  Seconds max_elapsed{300};

  // The circuit breaker opens after so many failures in a row; 1 to 1,000,000. While it is open, one batch is tried
  // each probe_interval (0.001 s to 1 hour) or earlier, whatever backoff and Retry-After would say; the first one that
  // is taken closes it.
  std::uint32_t failures_to_open = 5;
  Seconds probe_interval{5};
  // Without a spool, while the breaker is open: true drops what comes between two probes (sink_error), so that the
  // queue stays short and what is recorded after the trouble gets through at once; false lets it wait.
  bool drop_while_open = false;

  // The file in which batches wait that could not be delivered; they survive the process. Empty: none. Relative paths
  // are resolved once, when the backend is made. Each file is for one destination. (SPARK_TELEMETRY_SPOOL)
  std::string spool_path = {};
  // What the file may take on the disk; 64 KiB or more. Default 256 MiB: some minutes of 10,000 spans a second.
  std::size_t spool_bytes = 256 << 20;
  SpoolPolicy spool_policy = SpoolPolicy::drop_newest;

  bool operator==(const ReliableOptions&) const = default;
};

}  // namespace spark

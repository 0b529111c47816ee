// ReliableSink is put around a sink whose far end may be away for a while. It tries again what the inner sink says may
// succeed later (RetryableError), leaves a far end alone that fails again and again (a circuit breaker), and can keep
// what it could not deliver in a file (a spool) that survives the process. What fails otherwise is final, as without
// it.
//
// The manager makes one for Backend::otlp and Backend::postgresql; a sink of one's own is wrapped directly:
//
//   sources.sinks.push_back([](const TelemetryConfig& config) {
//     return std::make_unique<ReliableSink>(std::make_unique<MySink>(), config.reliable);
//   });
//
// Whoever makes it owns it, and it owns the inner sink. A Store that is wrapped answers no queries any more,
// except where the manager wraps it.
//
// Without a spool, write() returns when the batch is delivered, refused, or was tried for max_elapsed. With one,
// write() tries at most once, and otherwise appends to the spool, from where a thread of the sink's own delivers, the
// oldest first; while the far end is there nothing touches the disk. The inner sink is never called concurrently with
// itself.
//
// A forked child cannot use its parent's sink (write and flush throw unsupported; destroying it closes nothing); a
// manager in the child makes one of its own. A sink without a manager must be at rest when its process forks.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "spark/base/clock.h"
#include "spark/telemetry/config.h"
#include "spark/telemetry/sink.h"

namespace spark {

// What surrounds a ReliableSink; references must outlive it.
struct ReliableSources {
  Durability durability = Durability::process;    // what the spool survives; `power` costs an fsync a batch
  const Clock* clock = nullptr;                   // of all waits; null: the system's
  std::optional<std::uint64_t> random_seed = {};  // of the jitter; empty: the operating system's
};

class ReliableSink final : public Sink {
 public:
  // Opens the spool, if there is to be one. Throws Error naming field or file: invalid_argument (an option out of
  // range, a file that is another program's), not_found (no such directory), permission_denied, corrupt, too_new,
  // unavailable (disk full), component_missing (a spool in a library built without SQLite). A file that is no spool is
  // left as it is.
  explicit ReliableSink(std::unique_ptr<Sink> inner, const ReliableOptions& options = {},
                        const ReliableSources& sources = {});
  ~ReliableSink() override;

  // The inner sink's.
  [[nodiscard]] std::string_view name() const noexcept override;

  // Throws what the inner sink throws for good; without a spool also the last RetryableError's message as
  // Error(unavailable) when the batch is given up, and Error(cancelled) after abandon(); with one, Error if the spool
  // cannot be written.
  void write(const Batch& batch) override;
  // Everything written is acknowledged, finally dropped, or safe in the spool.
  void flush(Deadline deadline) override;
  [[nodiscard]] Refusals take_refusals() override;
  // Ends waits at once, and a write of the inner sink's if that can. With a spool, what is written later is appended.
  bool abandon() noexcept override;

  [[nodiscard]] SinkProgress take_progress() override;
  // Ends the delivery from the spool after the batch that is under way. What is in the spool stays there.
  void close() noexcept override;
  [[nodiscard]] std::vector<std::mutex*> work_mutexes() noexcept override;

  class Delivery;

 private:
  std::unique_ptr<Delivery> delivery_;
  std::int64_t process_id_;
};

}  // namespace spark

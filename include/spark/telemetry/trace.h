// ActiveTrace is a trace that has begun: what TelemetryManager::start_trace returns. Its trace_id is all one needs: the
// trace can be ended by id from any thread, and the first end wins. If nobody has ended it when the handle goes, the
// handle does: completed, failed if an exception is leaving the scope, or cancelled if the handle was in a coroutine
// that is destroyed while suspended. Move-only; one thread at a time.
//
// A trace does not become current by being started: pass its trace_id to start_span, or make context() current.
#pragma once

#include "spark/base/ids.h"
#include "spark/telemetry/attributes.h"
#include "spark/telemetry/context.h"
#include "spark/telemetry/detail/core_flags.h"
#include "spark/telemetry/records.h"

namespace spark {

struct TraceOptions {
  Attributes attributes = {};
  Text graph_hash = {};  // of the GraphDefinition it runs; see TelemetryManager::record_graph
};

class [[nodiscard]] ActiveTrace {
 public:
  ActiveTrace() noexcept = default;
  ActiveTrace(ActiveTrace&& other) noexcept;
  ActiveTrace& operator=(ActiveTrace&& other) noexcept;  // ends this one first
  ~ActiveTrace();

  TraceId trace_id;

  // Whether the trace is recorded.
  [[nodiscard]] bool is_sampled() const noexcept { return is_sampled_; }
  // With the trace's root span id as span; for ContextScope, and for work elsewhere.
  [[nodiscard]] TelemetryContext context() const noexcept;
  // As TelemetryManager::end_trace.
  void end(TraceStatus status = TraceStatus::completed) noexcept;

 private:
  friend class detail::Core;

  detail::Core* core_ = nullptr;
  bool is_sampled_ = false;
  int uncaught_exceptions_ = 0;
  std::uint32_t chain_ = 0;  // of coroutines, in which the handle lives
};

// RemoteTrace takes part in a trace that began in another process; TelemetryManager::join_trace makes it. While it
// lives, the other process' decision to sample holds here too, whatever this manager's sampling rate is. Work below
// ContextScope(remote.context()) hangs from the other process' span. Move-only; one thread at a time.
class [[nodiscard]] RemoteTrace {
 public:
  RemoteTrace() noexcept = default;
  RemoteTrace(RemoteTrace&& other) noexcept;
  RemoteTrace& operator=(RemoteTrace&& other) noexcept;
  ~RemoteTrace();

  [[nodiscard]] TelemetryContext context() const noexcept { return context_; }

 private:
  friend class detail::Core;

  detail::Core* core_ = nullptr;  // null: nothing to forget at the end
  TelemetryContext context_;
};

}  // namespace spark

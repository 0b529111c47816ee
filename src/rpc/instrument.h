// Automatic instrumentation of RPC: all that calls record about themselves, by the semantic conventions of
// OpenTelemetry for JSON-RPC, and the only place in rpc/ that records.
//
//            caller                                     callee
//   span     CLIENT, for each attempt                   SERVER, for each call of a request, its child
//            both named by the method; rpc.system.name, rpc.method, jsonrpc.protocol.version, jsonrpc.request.id,
//            server.address, server.port, network.*, rpc.request.payload, rpc.response.payload,
//            rpc.response.status_code, rpc.response.error.data and error_type of one that failed
//            attempt; rpc.batch.size                    client.address, client.port; rpc.method_original
//   events   -                                          rpc_request_received, rpc_request_completed,
//                                                       rpc_connection_opened, rpc_connection_closed
//   metrics  rpc.client.call.duration                   rpc.server.call.duration
//
// A recording that is destroyed before it was told an end belongs to a coroutine that was destroyed while suspended: it
// is cancelled. Without a manager every call does nothing. Both live in the coroutine frame of the call.
#pragma once

#include <cstdint>
#include <exception>
#include <string>
#include <string_view>

#include "graph/instrument.h"
#include "http/client.h"
#include "rpc/json_rpc.h"
#include "spark/telemetry/manager.h"

namespace spark::rpc {

// Where a server listens, or a client sends to.
struct ServerPlace {
  std::string address;
  std::uint16_t port = 0;
};

// One call, or one batch of a client's.
struct CallFacts {
  std::string_view method;           // empty: not known, or a batch
  std::string_view method_original;  // where the method is "_OTHER"
  const Value* params = nullptr;     // null: not captured
  const Value* id = nullptr;         // null: a notification
  std::int64_t attempt = 1;
  std::int64_t batch_size = 0;  // 0: no batch
};

class CallRecording {
 public:
  CallRecording(TelemetryManager* manager, SpanKind kind, const ServerPlace& server, const CallFacts& facts) noexcept;
  ~CallRecording();
  CallRecording(const CallRecording&) = delete;
  CallRecording& operator=(const CallRecording&) = delete;

  // Of a caller: whom it has reached. Of a callee: who calls, "127.0.0.1:51234".
  void peer(std::string_view address, std::uint16_t port) noexcept;
  void peer(std::string_view address_and_port) noexcept;
  // `result`: null if it is not captured.
  void finished(const Value* result) noexcept;
  // Answered with an error. `data`: what it has besides; null if it is not captured.
  void failed(std::int64_t code, std::string_view message, const Value* data = nullptr) noexcept;
  // By an exception that the other side does not see; `code` is what the callee answers with, 0 for a caller.
  void failed(const std::exception_ptr& exception, std::int64_t code = 0) noexcept;

  [[nodiscard]] SpanId span_id() const noexcept { return span_.span_id(); }
  [[nodiscard]] TraceId trace_id() const noexcept { return span_.trace_id(); }

 private:
  [[nodiscard]] ActiveSpan begin_span() const noexcept;
  void describe(const CallFacts& facts) noexcept;
  void record_event(Text type, std::string_view what, std::string_view error_type = {},
                    std::string_view status_code = {}) noexcept;
  void end(std::string_view error_type, std::string_view status_code) noexcept;

  TelemetryManager* const manager_;
  const SpanKind kind_;
  const ServerPlace& server_;
  const std::string name_;  // of the span
  const bool has_method_;
  std::string_view method_;  // of the metric: name_, unless the callee does not know it
  detail::Stopwatch stopwatch_;
  ActiveSpan span_;
  bool has_ended_ = false;
};

// Of a server: a client has connected, or its connection has ended.
void record_connection(TelemetryManager* manager, bool is_open, std::string_view peer,
                       const ServerPlace& server) noexcept;

}  // namespace spark::rpc

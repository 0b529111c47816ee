// OtlpSink sends records to an OpenTelemetry collector: gRPC, or HTTP with protobuf or JSON. It stores nothing and
// answers no queries.
//
// Made by the manager for Backend::otlp, or directly; whoever makes it owns it. Making it connects to nobody: a
// collector that is down is found out by the first write. A write is sent and answered before it returns, so flush has
// nothing to wait for. A forked child cannot use its parent's sink (write throws unsupported; destroying it closes
// nothing); a manager in the child makes one of its own.
//
// Whoever calls it on a thread of their own, with TLS, should block SIGPIPE there, as the manager's threads do: OpenSSL
// writes to connections that the other side may have closed.
//
// No message of an error and no name has a header's value, or what stands behind "?" in an address.
#pragma once

#include <memory>
#include <string>

#include "spark/base/clock.h"
#include "spark/telemetry/config.h"
#include "spark/telemetry/sink.h"

namespace spark {

class OtlpSink final : public Sink {
 public:
  // Of the configuration it reads `endpoint` and `otlp`, completed from OpenTelemetry's environment variables
  // (otlp_options.h). The clock tells the time for a Retry-After that is a date, and must outlive the sink. Throws
  // Error: invalid_argument for a field or variable, naming it; not_found or permission_denied for a TLS file;
  // component_missing for a libcurl that cannot do what is asked for.
  explicit OtlpSink(const TelemetryConfig& config, const Clock& clock = system_clock());
  ~OtlpSink() override;

  // "otlp http://host:4317"; several places where the signals have places of their own.
  [[nodiscard]] std::string_view name() const noexcept override;
  [[nodiscard]] std::string destination() const override;

  // One request for each signal that the batch has something for. Blocks up to the timeout of each. Throws
  // RetryableError (unavailable, timeout) where no answer came or the server asks to try later; the same batch written
  // again then sends the same bytes, and only what is missing. Throws another Error if the server refused all of it for
  // good. Partly refused, it returns, and take_refusals() tells of it.
  void write(const Batch& batch) override;
  void flush(Deadline deadline) override;

  // Rejected are what the server said so of, by OTLP's partial success, and the records of signals that it refused
  // altogether; several metrics may have become one data point, so that of those the number is a lower bound.
  [[nodiscard]] Refusals take_refusals() override;
  // Ends a request that is under way.
  bool abandon() noexcept override;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace spark

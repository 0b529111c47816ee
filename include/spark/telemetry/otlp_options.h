// How an OTLP backend talks to its collector, beside the endpoint. A part of TelemetryConfig; a plain, comparable
// value:
//
//   TelemetryConfig::create_otlp("https://collector:4317", {.otlp = {.headers = {{"api-key", key}}}})
//
// A field that is left empty is taken from OpenTelemetry's environment variables when the backend is made, then from
// the default: first OTEL_EXPORTER_OTLP_TRACES_X, _METRICS_X or _LOGS_X, each for its signal, then
// OTEL_EXPORTER_OTLP_X. Each field is resolved on its own; of the headers each name is. A variable that cannot be
// understood is an Error(invalid_argument) naming it. (OpenTelemetry specification, "OpenTelemetry Protocol Exporter".)
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "spark/base/clock.h"
#include "spark/base/secret.h"

namespace spark {

enum class OtlpProtocol : std::uint8_t { grpc, http_protobuf, http_json };
enum class OtlpCompression : std::uint8_t { none, gzip };

// What a counter's or histogram's point covers.
enum class OtlpTemporality : std::uint8_t {
  cumulative,  // everything since the process began; what Prometheus expects
  delta,       // what is new since the point before
  lowmemory,   // delta for counters and histograms: nothing is kept between exports for them
};

// "grpc", "http/protobuf", "http/json"; "none", "gzip"; "cumulative", "delta", "lowmemory". Static storage.
[[nodiscard]] std::string_view to_string(OtlpProtocol) noexcept;
[[nodiscard]] std::string_view to_string(OtlpCompression) noexcept;
[[nodiscard]] std::string_view to_string(OtlpTemporality) noexcept;

struct OtlpOptions {
  // Default: by the endpoint's port, gRPC for 4317 and HTTP with protobuf for every other. (…_PROTOCOL)
  std::optional<OtlpProtocol> protocol = {};
  // Sent with every request, for keys of a hosted collector. Names are compared without case; those that the protocol
  // itself needs are refused. (…_HEADERS)
  std::map<std::string, Secret> headers = {};
  // Default none: on a fast network compressing costs more than it saves. (…_COMPRESSION)
  std::optional<OtlpCompression> compression = {};
  // Of one request, from connecting to the end of the reply; 0.001 s to 1 day, or 0 for no limit. Default 10 s.
  // (…_TIMEOUT)
  std::optional<Seconds> timeout = {};

  // TLS. Paths of PEM files: who may have signed the server's certificate (default: whom the system trusts), and the
  // client's own key and certificate, where the server asks for one. (…_CERTIFICATE, …_CLIENT_KEY,
  // …_CLIENT_CERTIFICATE)
  std::string certificate_file = {};
  std::string client_key_file = {};
  std::string client_certificate_file = {};
  // Only for an endpoint without http:// or https://, with gRPC: true is the former. Default false. (…_INSECURE)
  std::optional<bool> insecure = {};

  // Default cumulative. (OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE)
  std::optional<OtlpTemporality> temporality = {};

  bool operator==(const OtlpOptions&) const = default;
};

}  // namespace spark

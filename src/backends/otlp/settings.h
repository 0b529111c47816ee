// What a sink needs to know to send, for each signal: the configuration, completed from OpenTelemetry's environment
// variables and the defaults. Resolved once, when the sink is made. A plain value.
#pragma once

#include <array>
#include <map>
#include <string>

#include "backends/otlp/encoder.h"
#include "spark/telemetry/config.h"

namespace spark::detail::otlp {

struct SignalSettings {
  std::string url = {};        // where to POST, whole
  std::string shown_url = {};  // the same without its query: for messages
  std::string origin = {};     // scheme, host and port of it: who it is that may be down
  OtlpProtocol protocol = OtlpProtocol::grpc;
  OtlpCompression compression = OtlpCompression::none;
  Seconds timeout{10};                         // 0: none
  std::map<std::string, Secret> headers = {};  // names in lower case
  std::string certificate_file = {};
  std::string client_key_file = {};
  std::string client_certificate_file = {};

  [[nodiscard]] bool is_grpc() const noexcept { return protocol == OtlpProtocol::grpc; }
  [[nodiscard]] bool is_json() const noexcept { return protocol == OtlpProtocol::http_json; }
};

struct Settings {
  std::array<SignalSettings, signals> each = {};  // by Signal
  OtlpTemporality temporality = OtlpTemporality::cumulative;

  [[nodiscard]] const SignalSettings& operator[](Signal signal) const noexcept {
    return each[static_cast<std::size_t>(signal)];
  }
};

// Throws Error(invalid_argument) for a configuration that does not validate and for a variable that cannot be
// understood, naming it.
[[nodiscard]] Settings resolve_settings(const TelemetryConfig& config);

// The address of a signal, by the rules of OpenTelemetry's protocol exporter: a base gets the signal's path appended,
// an address of a signal's own is used as it is, and gRPC needs neither.
struct Address {
  std::string_view endpoint;
  bool is_base = true;
  bool is_insecure = false;  // for one without a scheme
};
void set_address(SignalSettings& settings, Signal signal, const Address& address);

// "traces", "metrics", "logs". Static storage.
[[nodiscard]] std::string_view to_string(Signal signal) noexcept;

}  // namespace spark::detail::otlp

#include "backends/otlp/settings.h"

#include <charconv>
#include <optional>
#include <utility>

#include "backends/otlp/variables.h"
#include "telemetry/endpoint.h"
#include "telemetry/environment_variables.h"

namespace spark::detail::otlp {
namespace {

// For one signal: what the configuration leaves open is asked of the variables.
class Resolver {
 public:
  Resolver(const TelemetryConfig& config, Signal signal)
      : config_(config), options_(config.otlp), signal_(signal), variables_(signal) {}

  SignalSettings resolve() const {
    SignalSettings settings;
    const auto protocol = options_.protocol ? options_.protocol : variables_.protocol();
    const auto [address, source] = find_address(protocol);
    const auto endpoint = parse_endpoint(address.endpoint);
    if (!endpoint) {
      refuse_variable(source, "it is " + shown_endpoint(address.endpoint) +
                                  ", allowed is http://HOST[:PORT], https://HOST[:PORT] or HOST[:PORT]");
    }
    settings.protocol = protocol ? *protocol : protocol_of(*endpoint);
    set_address(settings, signal_, address);
    settings.compression = options_.compression ? *options_.compression : variables_.compression();
    settings.timeout = options_.timeout ? *options_.timeout : variables_.timeout();
    settings.headers = variables_.headers();
    for (const auto& [name, value] : options_.headers) settings.headers.insert_or_assign(lower_case(name), value);
    settings.certificate_file = or_variable(options_.certificate_file, "CERTIFICATE");
    settings.client_key_file = or_variable(options_.client_key_file, "CLIENT_KEY");
    settings.client_certificate_file = or_variable(options_.client_certificate_file, "CLIENT_CERTIFICATE");
    return settings;
  }

 private:
  // The address, and the variable that gave it.
  std::pair<Address, std::string> find_address(std::optional<OtlpProtocol> protocol) const {
    Address address;
    std::string source;
    if (!config_.endpoint.empty()) {
      address.endpoint = config_.endpoint;
    } else if (const Variable variable = variables_.find("ENDPOINT"); !variable.value.empty()) {
      address.endpoint = variable.value;
      address.is_base = !variable.is_of_signal;
      source = variable.name;
    } else {
      const bool is_http = protocol && *protocol != OtlpProtocol::grpc;
      address.endpoint = is_http ? "http://localhost:4318" : "http://localhost:4317";
    }
    address.is_insecure = options_.insecure ? *options_.insecure : variables_.is_insecure();
    return {address, source};
  }

  static OtlpProtocol protocol_of(const Endpoint& endpoint) {
    constexpr std::uint16_t grpc_port = 4317;
    constexpr std::uint16_t http_port = 4318;
    // Only gRPC's libraries take an address without a scheme.
    const bool is_grpc = endpoint.port == grpc_port || (endpoint.scheme.empty() && endpoint.port != http_port);
    return is_grpc ? OtlpProtocol::grpc : OtlpProtocol::http_protobuf;
  }

  std::string or_variable(const std::string& option, std::string_view suffix) const {
    return option.empty() ? std::string(variables_.find(suffix).value) : option;
  }

  const TelemetryConfig& config_;
  const OtlpOptions& options_;
  const Signal signal_;
  const SignalVariables variables_;
};

std::string_view grpc_path(Signal signal) {
  switch (signal) {
    case Signal::traces:
      return "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
    case Signal::metrics:
      return "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export";
    case Signal::logs:
      return "/opentelemetry.proto.collector.logs.v1.LogsService/Export";
  }
  return {};
}

std::string http_path(Signal signal, std::string_view path, bool is_base) {
  std::string whole(path);
  if (whole.empty()) whole = "/";
  if (!is_base) return whole;
  if (whole.back() != '/') whole.push_back('/');
  return whole.append("v1/").append(to_string(signal));
}

}  // namespace

std::string_view to_string(Signal signal) noexcept {
  switch (signal) {
    case Signal::traces:
      return "traces";
    case Signal::metrics:
      return "metrics";
    case Signal::logs:
      return "logs";
  }
  return "unknown";
}

void set_address(SignalSettings& settings, Signal signal, const Address& address) {
  const Endpoint endpoint = parse_endpoint(address.endpoint).value_or(Endpoint{});
  settings.origin = !endpoint.scheme.empty() ? endpoint.scheme : address.is_insecure ? "http" : "https";
  settings.origin.append("://").append(lower_case(endpoint.host));
  if (endpoint.port != 0) settings.origin.append(":").append(std::to_string(endpoint.port));
  settings.shown_url = settings.origin;
  if (settings.is_grpc()) {
    settings.shown_url.append(grpc_path(signal));
    settings.url = settings.shown_url;
    return;
  }
  settings.shown_url.append(http_path(signal, endpoint.path, address.is_base));
  // Some collectors take a key there.
  settings.url = settings.shown_url + std::string(endpoint.rest);
}

Settings resolve_settings(const TelemetryConfig& config) {
  TelemetryConfig checked = config;
  checked.backend = Backend::otlp;
  checked.validate();
  Settings settings;
  for (const Signal signal : {Signal::traces, Signal::metrics, Signal::logs}) {
    settings.each[static_cast<std::size_t>(signal)] = Resolver(config, signal).resolve();
  }
  settings.temporality = config.otlp.temporality ? *config.otlp.temporality : temporality_from_environment();
  return settings;
}

}  // namespace spark::detail::otlp

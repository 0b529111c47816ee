#include "spark/telemetry/config.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <concepts>
#include <type_traits>
#include <utility>

#include "endpoint.h"
#include "header_rules.h"
#include "reliable_rules.h"
#include "spark/base/error.h"

namespace spark {
namespace {

constexpr std::size_t kibibyte = 1 << 10, mebibyte = 1 << 20;
constexpr double hundred_years_in_seconds = 100 * 365.25 * 86'400;

std::string number_text(std::floating_point auto value) {
  char text[32];
  return {text, std::to_chars(text, text + sizeof text, value).ptr};
}
std::string number_text(std::integral auto value) { return std::to_string(value); }

// Checks the fields of one configuration. `where` says which: "" or "children[1].".
class Validator {
 public:
  explicit Validator(std::string where) : where_(std::move(where)) {}

  [[noreturn]] void refuse(std::string_view field, std::string_view value, std::string_view allowed) const {
    std::string message = "TelemetryConfig: " + where_;
    message.append(field).append(" is ").append(value).append(", allowed is ").append(allowed);
    throw Error(ErrorCode::invalid_argument, message);
  }

  // Written so that NaN is refused too.
  template <class T>
  void in_range(std::string_view field, T value, std::type_identity_t<T> lowest,
                std::type_identity_t<T> highest) const {
    if (value >= lowest && value <= highest) return;
    refuse(field, number_text(value), number_text(lowest) + " to " + number_text(highest));
  }

  void check(const TelemetryConfig& config) const {
    in_range("sampling_rate", config.sampling_rate, 0.0, 1.0);
    in_range("buffer_size", config.buffer_size, 1, 1'000'000);
    in_range("export_interval", config.export_interval.count(), 0.001, 86'400.0);
    in_range("memory_store_bytes", config.memory_store_bytes, mebibyte, SIZE_MAX);
    in_range("retention_age", config.retention_age.count(), 0, hundred_years_in_seconds);
    if (config.retention_bytes != 0) in_range("retention_bytes", config.retention_bytes, mebibyte, SIZE_MAX);
    check_limits(config.limits);
    check_bounds(config);
    check_backend(config);
  }

 private:
  void check_limits(const Limits& limits) const {
    in_range("limits.attributes_per_record", limits.attributes_per_record, 0, 10'000);
    in_range("limits.key_bytes", limits.key_bytes, 8, 32'767);
    in_range("limits.string_bytes", limits.string_bytes, 8, 64 * mebibyte);
    // What is stored as JSON is read with parse_json's default limit of 64, and tags may add levels of their
    // own.
    in_range("limits.depth", limits.depth, 0, 60);
    in_range("limits.events_per_span", limits.events_per_span, 0, 10'000);
  }

  void check_bounds(const TelemetryConfig& config) const {
    in_range("ring_bytes", config.ring_bytes, 4 * kibibyte, 64 * mebibyte);
    if (!std::has_single_bit(config.ring_bytes)) {
      refuse("ring_bytes", number_text(config.ring_bytes), "a power of two");
    }
    in_range("ring_bytes_total", config.ring_bytes_total, config.ring_bytes, SIZE_MAX);
    in_range("queue_bytes", config.queue_bytes, 1, SIZE_MAX);
    in_range("live_traces", config.live_traces, 1, 16'777'216);
  }

  void check_backend(const TelemetryConfig& config) const {
    if (config.backend != Backend::multi && !config.children.empty()) {
      refuse("children", std::to_string(config.children.size()) + " configurations", "none unless backend is multi");
    }
    switch (config.backend) {
      case Backend::memory:
      case Backend::noop:
        return;
      case Backend::postgresql:
        // What a database takes is not known to who only writes to it.
        if (config.retention_bytes != 0) {
          refuse("retention_bytes", number_text(config.retention_bytes), "0 for PostgreSQL, which has retention_age");
        }
        return check_reliable(config.reliable);
      case Backend::sqlite:
        return check_db_path(config.db_path);
      case Backend::otlp:
        check_reliable(config.reliable);
        return check_otlp(config.endpoint, config.otlp);
      case Backend::multi:
        return check_children(config.children);
    }
    refuse("backend", std::to_string(static_cast<int>(config.backend)),
           "memory, sqlite, postgresql, otlp, multi or noop");
  }

  void check_db_path(const std::string& path) const {
    if (path.empty()) refuse("db_path", "empty", "the path of a file");
    check_file("db_path", path);
  }

  void check_otlp(const std::string& address, const OtlpOptions& otlp) const {
    constexpr std::string_view allowed = "http://HOST[:PORT] or https://HOST[:PORT]";
    if (!address.empty()) {
      const auto endpoint = detail::parse_endpoint(address);
      // Without a scheme it is `insecure` that says which one is meant.
      if (!endpoint || (endpoint->scheme.empty() && !otlp.insecure)) {
        refuse("endpoint", detail::shown_endpoint(address), allowed);
      }
    }
    for (const auto& [name, value] : otlp.headers) {
      const auto fault = detail::header_fault(name, value.reveal());
      if (!fault.empty()) refuse("otlp.headers: \"" + name.substr(0, 64) + "\"", fault, "any other");
    }
    if (otlp.timeout && otlp.timeout->count() != 0) {
      in_range("otlp.timeout", otlp.timeout->count(), 0.001, 86'400.0);
    }
    check_file("otlp.certificate_file", otlp.certificate_file);
    check_file("otlp.client_key_file", otlp.client_key_file);
    check_file("otlp.client_certificate_file", otlp.client_certificate_file);
    check_enumerators(otlp);
  }

  void check_reliable(const ReliableOptions& reliable) const {
    const std::string fault = detail::reliable_fault(reliable);
    if (!fault.empty()) throw Error(ErrorCode::invalid_argument, "TelemetryConfig: " + where_ + "reliable." + fault);
  }

  void check_enumerators(const OtlpOptions& otlp) const {
    const auto check_one = [this](std::string_view field, const auto& value, std::string_view allowed) {
      if (value && to_string(*value) == "unknown") refuse(field, number_text(static_cast<int>(*value)), allowed);
    };
    check_one("otlp.protocol", otlp.protocol, "grpc, http_protobuf or http_json");
    check_one("otlp.compression", otlp.compression, "none or gzip");
    check_one("otlp.temporality", otlp.temporality, "cumulative, delta or lowmemory");
  }

  void check_file(std::string_view field, const std::string& path) const {
    if (path.find('\0') != std::string::npos) refuse(field, "a text with U+0000", "the path of a file");
  }

  void check_children(const std::vector<TelemetryConfig>& children) const {
    if (children.empty()) refuse("children", "empty", "one configuration or more");
    for (std::size_t i = 0; i < children.size(); ++i) {
      const TelemetryConfig& child = children[i];
      const Validator of_child(where_ + "children[" + std::to_string(i) + "].");
      if (child.backend == Backend::multi || child.backend == Backend::noop) {
        of_child.refuse("backend", to_string(child.backend), "a backend with a sink of its own");
      }
      of_child.check_has_no_manager_fields(child);
      of_child.check(child);
      check_has_spool_of_its_own(children, i);
    }
  }

  // Whoever has the file delivers all that is in it, to its own destination.
  void check_has_spool_of_its_own(const std::vector<TelemetryConfig>& children, std::size_t i) const {
    const std::string& path = children[i].reliable.spool_path;
    for (std::size_t other = 0; other < i && !path.empty(); ++other) {
      if (children[other].reliable.spool_path != path) continue;
      refuse("children[" + std::to_string(i) + "].reliable.spool_path", path,
             "any other: children[" + std::to_string(other) + "] has this one, and a spool is for one destination");
    }
  }

  void check_has_no_manager_fields(const TelemetryConfig& child) const {
    const TelemetryConfig defaults;
    // Whatever is not listed here belongs to the sink: where it writes, how safely, how much it keeps.
    const auto must_be_default = [&](std::string_view field, auto TelemetryConfig::*member) {
      if (child.*member == defaults.*member) return;
      std::string message = "TelemetryConfig: " + where_;
      message.append(field).append(" is set, but it is a field of the manager: give it to create_multi's own options");
      throw Error(ErrorCode::invalid_argument, message);
    };
    must_be_default("sampling_rate", &TelemetryConfig::sampling_rate);
    must_be_default("buffer_size", &TelemetryConfig::buffer_size);
    must_be_default("export_interval", &TelemetryConfig::export_interval);
    must_be_default("enable_traces", &TelemetryConfig::enable_traces);
    must_be_default("enable_events", &TelemetryConfig::enable_events);
    must_be_default("enable_metrics", &TelemetryConfig::enable_metrics);
    must_be_default("metadata", &TelemetryConfig::metadata);
    must_be_default("service_name", &TelemetryConfig::service_name);
    must_be_default("service_version", &TelemetryConfig::service_version);
    must_be_default("capture_outputs", &TelemetryConfig::capture_outputs);
    must_be_default("capture_inputs", &TelemetryConfig::capture_inputs);
    must_be_default("redactor", &TelemetryConfig::redactor);
    must_be_default("limits", &TelemetryConfig::limits);
    must_be_default("ring_bytes", &TelemetryConfig::ring_bytes);
    must_be_default("ring_bytes_total", &TelemetryConfig::ring_bytes_total);
    must_be_default("queue_bytes", &TelemetryConfig::queue_bytes);
    must_be_default("live_traces", &TelemetryConfig::live_traces);
    must_be_default("self_metrics", &TelemetryConfig::self_metrics);
  }

  std::string where_;
};

}  // namespace

std::string_view to_string(Backend backend) noexcept {
  switch (backend) {
    case Backend::memory:
      return "memory";
    case Backend::sqlite:
      return "sqlite";
    case Backend::postgresql:
      return "postgresql";
    case Backend::otlp:
      return "otlp";
    case Backend::multi:
      return "multi";
    case Backend::noop:
      return "noop";
  }
  return "unknown";
}

TelemetryConfig TelemetryConfig::create_memory() { return create_memory(TelemetryConfig{}); }

TelemetryConfig TelemetryConfig::create_memory(TelemetryConfig options) {
  options.backend = Backend::memory;
  return options;
}

TelemetryConfig TelemetryConfig::create_sqlite(std::string path) {
  return create_sqlite(std::move(path), TelemetryConfig{});
}

TelemetryConfig TelemetryConfig::create_sqlite(std::string path, TelemetryConfig options) {
  options.backend = Backend::sqlite;
  options.db_path = std::move(path);
  return options;
}

TelemetryConfig TelemetryConfig::create_postgresql(Secret connection) {
  return create_postgresql(std::move(connection), TelemetryConfig{});
}

TelemetryConfig TelemetryConfig::create_postgresql(Secret connection, TelemetryConfig options) {
  options.backend = Backend::postgresql;
  options.connection_string = std::move(connection);
  return options;
}

TelemetryConfig TelemetryConfig::create_otlp(std::string url) { return create_otlp(std::move(url), TelemetryConfig{}); }

TelemetryConfig TelemetryConfig::create_otlp(std::string url, TelemetryConfig options) {
  options.backend = Backend::otlp;
  options.endpoint = std::move(url);
  return options;
}

TelemetryConfig TelemetryConfig::create_multi(std::vector<TelemetryConfig> sinks) {
  return create_multi(std::move(sinks), TelemetryConfig{});
}

TelemetryConfig TelemetryConfig::create_multi(std::vector<TelemetryConfig> sinks, TelemetryConfig options) {
  options.backend = Backend::multi;
  options.children = std::move(sinks);
  options.validate();
  return options;
}

TelemetryConfig TelemetryConfig::create_noop() {
  TelemetryConfig config;
  config.backend = Backend::noop;
  return config;
}

void TelemetryConfig::validate() const { Validator("").check(*this); }

}  // namespace spark

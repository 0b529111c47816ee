// The configuration that the environment gives.
//
// SPARK_TELEMETRY is a list of destinations. A comma ends a destination if what follows it begins another
// one: exactly "memory:", "otlp:" or "off", or one that starts with "sqlite:", "postgresql://", "postgres://" or
// "otlp://". Any other comma may only stand in a PostgreSQL connection string, before its database name
// (user, password and list of hosts: postgresql://a:5432,b:5432/db) or in its parameters after "?"; elsewhere
// it is an error, so that a misspelled destination is not taken for part of the one before it. A SQLite path
// with a comma has to be given in code.
//
// Messages repeat at most the word before the first ":" of the first destination: what follows may be a
// password.
#include <charconv>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "environment_variables.h"
#include "spark/telemetry/config.h"

namespace spark {
namespace {

using detail::environment_variable;
using detail::ignore_variable;
using detail::lower_case;
using detail::refuse_variable;

constexpr std::string_view allowed_destinations =
    "memory:, sqlite:PATH, postgresql://…, otlp://HOST:PORT, otlp: or off, several with commas between";

[[noreturn]] void refuse_entry(std::size_t number, std::string_view why) {
  refuse_variable("SPARK_TELEMETRY", "entry " + std::to_string(number) + " " + std::string(why));
}

bool is_postgresql(std::string_view text) {
  return text.starts_with("postgresql://") || text.starts_with("postgres://");
}

bool begins_destination(std::string_view text) {
  const auto whole = text.substr(0, text.find(','));
  return whole == "memory:" || whole == "otlp:" || whole == "off" || text.starts_with("sqlite:") ||
         text.starts_with("otlp://") || is_postgresql(text);
}

// True if a comma at the end of `before` may be part of that PostgreSQL connection string.
bool may_hold_comma(std::string_view before) {
  const auto authority = before.substr(before.find("://") + 3);
  return authority.find('/') == std::string_view::npos || authority.find('?') != std::string_view::npos;
}

std::vector<std::string_view> split_destinations(std::string_view list) {
  std::vector<std::string_view> entries;
  std::size_t start = 0;
  for (std::size_t comma = list.find(','); comma != std::string_view::npos; comma = list.find(',', comma + 1)) {
    const auto before = list.substr(start, comma - start);
    const auto after = list.substr(comma + 1);
    if (begins_destination(after)) {
      entries.push_back(before);
      start = comma + 1;
    } else if (!is_postgresql(before) || !may_hold_comma(before) || after.empty()) {
      // The first destination may be what is wrong; then its own message is the better one.
      if (entries.empty() && !begins_destination(before)) break;
      refuse_entry(entries.size() + 1, "is followed by a comma and something that is not a destination; allowed: " +
                                           std::string(allowed_destinations));
    }
  }
  entries.push_back(list.substr(start));
  return entries;
}

// The name of a destination as far as it can be shown: nothing but letters, digits and "_+-", and not long.
std::string shown_name(std::string_view entry) {
  const auto name = entry.substr(0, entry.find(':'));
  const auto is_word = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '+' ||
           c == '-';
  };
  constexpr std::size_t longest = 20;
  if (name.empty() || name.size() > longest) return {};
  for (const char c : name) {
    if (!is_word(c)) return {};
  }
  return " (\"" + std::string(name) + "\")";
}

constexpr std::string_view otlp_by_variables =
    "SPARK_TELEMETRY=otlp: with OTEL_EXPORTER_OTLP_ENDPOINT=https://HOST:PORT/PATH";

std::string otlp_endpoint(std::string_view address, std::size_t number) {
  constexpr std::string_view needed = "is otlp:// without HOST:PORT; needed is otlp://HOST:PORT, PORT from 1 to 65535";
  if (address.find('@') == std::string_view::npos && address.find_first_of("/?#") != std::string_view::npos) {
    refuse_entry(number, "is otlp:// with something behind HOST:PORT, where nothing may stand; for a path: " +
                             std::string(otlp_by_variables));
  }
  const auto colon = address.rfind(':');
  if (colon == std::string_view::npos || colon == 0) refuse_entry(number, needed);
  const auto host = address.substr(0, colon);
  const auto port = address.substr(colon + 1);
  // An IPv6 address stands in brackets; without them its last group would pass for a port.
  const bool is_bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (host.find_first_of(is_bracketed ? "/@?# " : "/@?# :[]") != std::string_view::npos) refuse_entry(number, needed);
  unsigned value = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), value);
  if (error != std::errc() || end != port.data() + port.size() || value < 1 || value > 65'535) {
    refuse_entry(number, needed);
  }
  return "http://" + std::string(address);
}

TelemetryConfig destination(std::string_view entry, std::size_t number) {
  if (entry == "memory:") return TelemetryConfig::create_memory();
  if (entry == "off") return TelemetryConfig::create_noop();
  if (entry.starts_with("sqlite:")) {
    const auto path = entry.substr(std::string_view("sqlite:").size());
    if (path.empty()) refuse_entry(number, "is sqlite: without a path; needed is sqlite:PATH");
    return TelemetryConfig::create_sqlite(std::string(path));
  }
  if (is_postgresql(entry)) return TelemetryConfig::create_postgresql(std::string(entry));
  if (entry.starts_with("otlp://")) {
    return TelemetryConfig::create_otlp(otlp_endpoint(entry.substr(std::string_view("otlp://").size()), number));
  }
  if (entry == "otlp:") return TelemetryConfig::create_otlp();
  if (entry.empty()) refuse_entry(number, "is empty");
  if (entry.starts_with("https://")) {
    refuse_entry(number,
                 "begins with https://, which is no destination; for OTLP by TLS: " + std::string(otlp_by_variables));
  }
  if (entry.starts_with("http://")) {
    refuse_entry(number, "begins with http://, which is no destination; for OTLP: otlp://HOST:PORT");
  }
  refuse_entry(number, "is not a destination" + (number == 1 ? shown_name(entry) : std::string()) +
                           "; allowed: " + std::string(allowed_destinations));
}

TelemetryConfig destinations(std::string_view list) {
  if (list.empty()) return TelemetryConfig::create_memory();
  const auto entries = split_destinations(list);
  std::vector<TelemetryConfig> configs;
  for (const auto entry : entries) {
    configs.push_back(destination(entry, configs.size() + 1));
    if (configs.back().backend == Backend::noop && entries.size() > 1) {
      refuse_entry(configs.size(), "is off, which cannot be combined with other destinations");
    }
  }
  if (configs.size() == 1) return std::move(configs.front());
  return TelemetryConfig::create_multi(std::move(configs));
}

// The spool is for one destination, so there must be one that can have it.
void set_spool(TelemetryConfig& config, std::string_view path) {
  if (path.empty()) return;
  const auto may_be_away = [](const TelemetryConfig& one) {
    return one.backend == Backend::otlp || one.backend == Backend::postgresql;
  };
  TelemetryConfig* found = may_be_away(config) ? &config : nullptr;
  for (TelemetryConfig& child : config.children) {
    if (!may_be_away(child)) continue;
    if (found != nullptr) {
      refuse_variable("SPARK_TELEMETRY_SPOOL",
                      "SPARK_TELEMETRY has several otlp:// or postgresql:// destinations, and each needs a spool "
                      "of its own; give them in code");
    }
    found = &child;
  }
  if (found != nullptr) {
    found->reliable.spool_path = path;
  } else if (config.backend != Backend::noop) {
    // No error: another program of the same environment may have one.
    ignore_variable("SPARK_TELEMETRY_SPOOL",
                    "SPARK_TELEMETRY has no otlp:// or postgresql:// destination that could have a spool");
  }
}

double ratio(std::string_view text) {
  constexpr const char* name = "OTEL_TRACES_SAMPLER_ARG";
  if (text.empty()) return 1.0;  // OpenTelemetry's default
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !(value >= 0 && value <= 1)) {
    ignore_variable(name, "\"" + std::string(text.substr(0, 64)) + "\" is not a number from 0 to 1");
    return 1.0;
  }
  return value;
}

// A trace that began elsewhere is kept or not as its caller decided in any case, so that the parentbased_
// samplers mean the same as the others here.
double sampling_rate_from(std::string_view sampler) {
  constexpr std::string_view parent_based = "parentbased_";
  const auto name = sampler.starts_with(parent_based) ? sampler.substr(parent_based.size()) : sampler;
  if (sampler.empty() || name == "always_on") return 1.0;
  if (name == "always_off") return 0.0;
  if (name == "traceidratio") return ratio(environment_variable("OTEL_TRACES_SAMPLER_ARG"));
  ignore_variable("OTEL_TRACES_SAMPLER",
                  "\"" + std::string(sampler.substr(0, 64)) +
                      "\" is not supported; allowed: traceidratio, always_on, always_off, each also with "
                      "parentbased_ before it");
  return 1.0;
}

bool is_disabled(std::string_view text) {
  const std::string lower = lower_case(text);
  if (lower == "true") return true;
  if (lower.empty() || lower == "false") return false;
  ignore_variable("OTEL_SDK_DISABLED", "\"" + std::string(text.substr(0, 64)) + "\" is neither true nor false");
  return false;
}

}  // namespace

TelemetryConfig TelemetryConfig::from_environment() {
  if (is_disabled(environment_variable("OTEL_SDK_DISABLED"))) return create_noop();
  TelemetryConfig config = destinations(environment_variable("SPARK_TELEMETRY"));
  set_spool(config, environment_variable("SPARK_TELEMETRY_SPOOL"));
  config.sampling_rate = sampling_rate_from(environment_variable("OTEL_TRACES_SAMPLER"));
  config.service_name = environment_variable("OTEL_SERVICE_NAME");
  config.validate();
  return config;
}

}  // namespace spark

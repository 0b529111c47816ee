#include "backends/otlp/variables.h"

#include <charconv>
#include <initializer_list>

#include "telemetry/environment_variables.h"
#include "telemetry/header_rules.h"

namespace spark::detail::otlp {
namespace {

constexpr std::string_view prefix = "OTEL_EXPORTER_OTLP_";

// Nothing of these variables decides where records go.
void ignore_value(const Variable& variable, std::string_view allowed) {
  ignore_variable(variable.name,
                  "it is \"" + std::string(variable.value.substr(0, 64)) + "\", allowed is " + std::string(allowed));
}

// The one of the enumerators whose name the variable has, in whatever case; empty if it is not set, or has none.
template <class Enumeration>
std::optional<Enumeration> one_of(const Variable& variable, std::initializer_list<Enumeration> all) {
  if (variable.value.empty()) return std::nullopt;
  const std::string lower = lower_case(trimmed(variable.value));
  std::string allowed;
  for (const Enumeration each : all) {
    if (lower == to_string(each)) return each;
    allowed.append(allowed.empty() ? "" : ", ").append(to_string(each));
  }
  ignore_value(variable, allowed);
  return std::nullopt;
}

void add_headers(std::map<std::string, Secret>& headers, const std::string& name) {
  KeyValueList parsed = key_value_list(environment_variable(name));
  if (!parsed.fault.empty()) refuse_variable(name, parsed.fault);
  for (auto& [key, value] : parsed.pairs) {
    // Nothing of it is repeated: who forgets a name may have put the secret in its place.
    if (const auto fault = header_fault(key, value); !fault.empty()) {
      refuse_variable(name, "one of its headers is " + std::string(fault));
    }
    headers.insert_or_assign(lower_case(key), Secret(std::move(value)));
  }
}

std::string_view upper_name(Signal signal) {
  switch (signal) {
    case Signal::traces:
      return "TRACES_";
    case Signal::metrics:
      return "METRICS_";
    case Signal::logs:
      return "LOGS_";
  }
  return {};
}

}  // namespace

std::string SignalVariables::name_of(std::string_view suffix, bool is_of_signal) const {
  std::string name(prefix);
  if (is_of_signal) name.append(upper_name(signal_));
  return name.append(suffix);
}

Variable SignalVariables::find(std::string_view suffix) const {
  for (const bool is_of_signal : {true, false}) {
    Variable variable{.name = name_of(suffix, is_of_signal), .is_of_signal = is_of_signal};
    variable.value = environment_variable(variable.name);
    if (!variable.value.empty()) return variable;
  }
  return {};
}

std::optional<OtlpProtocol> SignalVariables::protocol() const {
  return one_of(find("PROTOCOL"), {OtlpProtocol::grpc, OtlpProtocol::http_protobuf, OtlpProtocol::http_json});
}

OtlpCompression SignalVariables::compression() const {
  return one_of(find("COMPRESSION"), {OtlpCompression::none, OtlpCompression::gzip}).value_or(OtlpCompression::none);
}

Seconds SignalVariables::timeout() const {
  constexpr std::uint32_t most_ms = 86'400'000;
  constexpr std::chrono::seconds normally{10};
  const Variable variable = find("TIMEOUT");
  if (variable.value.empty()) return normally;
  const auto text = trimmed(variable.value);
  std::uint32_t milliseconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), milliseconds);
  if (error != std::errc() || end != text.data() + text.size() || milliseconds > most_ms) {
    ignore_value(variable, "a number of milliseconds up to 86400000");
    return normally;
  }
  return std::chrono::milliseconds(milliseconds);
}

bool SignalVariables::is_insecure() const {
  Variable variable = find("INSECURE");
  // The names of an early version of the specification, which still asks for them.
  if (variable.value.empty() && signal_ == Signal::traces) variable.name = "OTEL_EXPORTER_OTLP_SPAN_INSECURE";
  if (variable.value.empty() && signal_ == Signal::metrics) variable.name = "OTEL_EXPORTER_OTLP_METRIC_INSECURE";
  if (variable.value.empty()) variable.value = environment_variable(variable.name);
  const std::string lower = lower_case(trimmed(variable.value));
  if (lower.empty() || lower == "false") return false;
  if (lower == "true") return true;
  ignore_value(variable, "true or false");
  return false;
}

std::map<std::string, Secret> SignalVariables::headers() const {
  std::map<std::string, Secret> headers;
  add_headers(headers, name_of("HEADERS", false));
  add_headers(headers, name_of("HEADERS", true));
  return headers;
}

OtlpTemporality temporality_from_environment() {
  Variable variable{.name = "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE"};
  variable.value = environment_variable(variable.name);
  return one_of(variable, {OtlpTemporality::cumulative, OtlpTemporality::delta, OtlpTemporality::lowmemory})
      .value_or(OtlpTemporality::cumulative);
}

}  // namespace spark::detail::otlp

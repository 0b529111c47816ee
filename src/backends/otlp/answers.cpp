#include "backends/otlp/answers.h"

#include <curl/curl.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "backends/otlp/wire_reader.h"
#include "spark/base/error.h"
#include "spark/base/json.h"
#include "telemetry/environment_variables.h"

namespace spark::detail::otlp {
namespace {

// A server that says it rejected less than nothing has rejected nothing.
std::uint64_t not_negative(std::int64_t count) { return count > 0 ? static_cast<std::uint64_t>(count) : 0; }

std::optional<std::int64_t> whole_number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// 64-bit integers are texts in protobuf's JSON; some servers write numbers.
std::uint64_t count_of(const Value* value) {
  if (value == nullptr) return 0;
  if (value->type() == ValueType::integer) return not_negative(value->as_int());
  if (value->type() == ValueType::string) return not_negative(whole_number(value->as_string()).value_or(0));
  return 0;
}

std::string text_of(const Value* value) {
  return value != nullptr && value->type() == ValueType::string ? value->as_string() : std::string();
}

std::string_view rejected_key(Signal signal) {
  switch (signal) {
    case Signal::traces:
      return "rejectedSpans";
    case Signal::metrics:
      return "rejectedDataPoints";
    case Signal::logs:
      return "rejectedLogRecords";
  }
  return {};
}

// Empty unless the text is an object.
std::optional<Object> object_of(std::string_view json) {
  try {
    Value value = parse_json(json);
    if (value.type() == ValueType::object) return value.as_object();
  } catch (const Error&) {
    // Whoever wrote it meant something else than JSON.
  }
  return std::nullopt;
}

// google.protobuf.Duration.
Seconds read_duration(std::string_view message) {
  Seconds duration{0};
  for (WireReader field(message); field.next();) {
    const auto value = static_cast<double>(static_cast<std::int64_t>(field.integer()));
    if (field.number() == 1) duration += Seconds{value};
    if (field.number() == 2) duration += Seconds{value / 1e9};
  }
  return bounded_delay(duration);
}

bool is_retry_info(std::string_view type_url) {
  return type_url.substr(type_url.rfind('/') + 1) == "google.rpc.RetryInfo";
}

// google.protobuf.Any; empty unless it holds a RetryInfo, whose delay may be absent and is 0 then.
std::optional<Seconds> read_retry_info(std::string_view any) {
  std::string_view type_url;
  std::string_view value;
  for (WireReader field(any); field.next();) {
    if (field.number() == 1) type_url = field.bytes();
    if (field.number() == 2) value = field.bytes();
  }
  if (!is_retry_info(type_url)) return std::nullopt;
  Seconds delay{0};
  for (WireReader field(value); field.next();) {
    if (field.number() == 1) delay = read_duration(field.bytes());
  }
  return delay;
}

std::optional<Seconds> read_retry_info(const Value& any) {
  if (any.type() != ValueType::object || !is_retry_info(text_of(any.as_object().find("@type")))) return std::nullopt;
  const std::string text = text_of(any.as_object().find("retryDelay"));
  double seconds = 0;
  static_cast<void>(std::from_chars(text.data(), text.data() + text.size(), seconds));
  return bounded_delay(Seconds{seconds});
}

}  // namespace

std::optional<PartialSuccess> read_partial_success(std::string_view protobuf) {
  PartialSuccess result;
  WireReader response(protobuf);
  while (response.next()) {
    if (response.number() != 1) continue;
    WireReader partial(response.bytes());
    while (partial.next()) {
      if (partial.number() == 1) result.rejected = not_negative(static_cast<std::int64_t>(partial.integer()));
      if (partial.number() == 2) result.message = partial.bytes();
    }
    if (partial.is_bad()) return std::nullopt;
  }
  if (response.is_bad()) return std::nullopt;
  return result;
}

std::optional<PartialSuccess> read_partial_success_json(std::string_view json, Signal signal) {
  const auto response = object_of(json);
  if (!response) return std::nullopt;
  const Value* const partial = response->find("partialSuccess");
  if (partial == nullptr || partial->type() != ValueType::object) return PartialSuccess{};
  return PartialSuccess{.rejected = count_of(partial->as_object().find(rejected_key(signal))),
                        .message = text_of(partial->as_object().find("errorMessage"))};
}

RpcStatus read_rpc_status(std::string_view protobuf) {
  RpcStatus status;
  for (WireReader field(protobuf); field.next();) {
    if (field.number() == 2) status.message = field.bytes();
    if (field.number() != 3) continue;
    if (const auto delay = read_retry_info(field.bytes())) status.retry_delay = delay;
  }
  return status;
}

RpcStatus read_rpc_status_json(std::string_view json) {
  RpcStatus status;
  const auto object = object_of(json);
  if (!object) return status;
  status.message = text_of(object->find("message"));
  const Value* const details = object->find("details");
  if (details == nullptr || details->type() != ValueType::array) return status;
  for (const Value& any : details->as_array()) {
    if (const auto delay = read_retry_info(any)) status.retry_delay = delay;
  }
  return status;
}

Seconds bounded_delay(Seconds delay) noexcept {
  if (std::isnan(delay.count())) return Seconds{0};
  return std::clamp(delay, Seconds{0}, longest_delay);
}

std::optional<Seconds> read_retry_after(std::string_view value, Timestamp now) {
  const auto text = trimmed(value);
  if (text.empty()) return std::nullopt;
  const auto digits = text.front() == '-' ? text.substr(1) : text;
  if (!digits.empty() && digits.find_first_not_of("0123456789") == std::string_view::npos) {
    // More digits than fit are more seconds than anybody waits.
    const bool is_negative = digits.size() != text.size();
    return is_negative ? Seconds{0}
                       : bounded_delay(Seconds(std::chrono::seconds(whole_number(text).value_or(INT32_MAX))));
  }
  // curl_getdate takes much for a date; those that the RFC allows begin with the name of a day.
  const bool begins_with_letter = (text.front() | 0x20) >= 'a' && (text.front() | 0x20) <= 'z';
  const std::time_t date = begins_with_letter ? curl_getdate(std::string(text).c_str(), nullptr) : -1;
  if (date == -1) return std::nullopt;
  // In seconds as doubles: no year is too far away for them.
  return bounded_delay(Seconds(std::chrono::seconds(date)) - Seconds(now.time_since_epoch()));
}

}  // namespace spark::detail::otlp

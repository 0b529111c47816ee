// What the readers of environment variables share. Free functions without state; as getenv, not to be called while
// another thread changes the environment.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace spark::detail {

// Empty if it is not set: unset and empty are alike, as OpenTelemetry's specification of environment variables asks.
// Lives until the environment is changed.
[[nodiscard]] std::string_view environment_variable(const std::string& name);

// Throws Error(invalid_argument) "cannot configure telemetry from NAME: WHY".
[[noreturn]] void refuse_variable(std::string_view name, std::string_view why);

// Says on standard error, once in the process, "spark telemetry: NAME is ignored: WHY". For OpenTelemetry's variables
// whose being wrong sends nothing to where it does not belong: its specification asks to go on without them.
void ignore_variable(std::string_view name, std::string_view why) noexcept;

// Of ASCII letters.
[[nodiscard]] std::string lower_case(std::string_view text);

// Without spaces and tabs at its ends.
[[nodiscard]] std::string_view trimmed(std::string_view text);

// The pairs of key1=value1,key2=value2, keys and values trimmed and percent-decoded; "+" stays "+", and empty entries
// are passed over. An entry without "=", an empty key or a broken escape is a fault; its text has the entry's number
// and nothing of its content, which may be a secret.
struct KeyValueList {
  std::vector<std::pair<std::string, std::string>> pairs = {};  // none if there is a fault
  std::string fault = {};
};
[[nodiscard]] KeyValueList key_value_list(std::string_view list);

}  // namespace spark::detail

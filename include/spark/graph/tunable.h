// A Tunable is a member of a node's configuration that may be varied, with what it may be: for the check of
// configurations that are data, and for whoever looks for better ones. Plain values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "spark/base/value.h"

namespace spark {

// An int or a double, both bounds included, both finite.
struct NumberBounds {
  double minimum = 0;
  double maximum = 1;

  bool operator==(const NumberBounds&) const = default;
};

// An int, both bounds included.
struct IntegerBounds {
  std::int64_t minimum = 0;
  std::int64_t maximum = 1;

  bool operator==(const IntegerBounds&) const = default;
};

// One of these, of any types: models by name, true and false. 1 to max_tunable_choices different ones.
struct Choices {
  std::vector<Value> values = {};

  bool operator==(const Choices&) const = default;
};

// Any string, such as a prompt.
struct FreeText {
  std::size_t max_bytes = 64 << 10;

  bool operator==(const FreeText&) const = default;
};

using TunableDomain = std::variant<NumberBounds, IntegerBounds, Choices, FreeText>;

inline constexpr std::size_t max_tunable_choices = 1'000;

struct Tunable {
  std::string name = {};  // of the member
  TunableDomain domain = {};
  Value default_value = {};      // what the configuration has if it does not say; of the domain
  std::string description = {};  // for people and for models: what a change of it does

  bool operator==(const Tunable&) const = default;
};

[[nodiscard]] bool allows(const TunableDomain& domain, const Value& value) noexcept;
// "a number from 0 to 2", "a whole number from 1 to 8", "one of \"a\", \"b\"", "a text of at most 65536 bytes".
[[nodiscard]] std::string to_string(const TunableDomain& domain);
// Throws Error(invalid_argument), naming the place, for bounds in the wrong order or not finite, choices that are none,
// too many or twice there, and a default that is not of the domain.
void validate(const Tunable& tunable, std::string_view place);

}  // namespace spark

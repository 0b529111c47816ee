// What is typed as an argument and is more than a word: durations, times, conditions on attributes, keys. The functions
// that parse are pure and throw Error(invalid_argument) that quotes the text and says what was expected; the functions
// that add options make that a wrong use, exit code 2. For the main thread.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "spark/base/clock.h"
#include "spark/telemetry/attribute_filter.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace spark::sparktel {

// A number and its unit, of ns, us (or µs), ms, s, m, h, d (24 hours), w (7 days): "500ms", "1.5s", "2h". Never
// negative; a number without a unit is refused, since nobody knows which one was meant. At most 290 years.
[[nodiscard]] std::chrono::nanoseconds parse_duration(std::string_view text);

// A moment, in one of three forms:
//   1h                             so long before `now`, as parse_duration has it
//   2026-01-15                     the beginning of that day, UTC
//   2026-01-15T10:00:00.250Z       UTC; without the seconds, the fraction (of up to 9 digits) or the Z if they are not
//                                  needed, and with a space in place of the T
// and the word "now".
[[nodiscard]] Timestamp parse_time(std::string_view text, Timestamp now);

// What an attribute is called. A dot is part of a key, because attributes have flat keys with dots in them
// ("llm.cost"); a slash leads into a nested object: "outputs/success". A key that has a slash, a quote or an operator
// in it stands in quotes, inside which a backslash takes the next character as it is: "'a/b'/c".
[[nodiscard]] std::vector<std::string> parse_attribute_path(std::string_view text);

// A condition on an attribute: a path, and behind it nothing (the attribute is there) or an operator and a value:
//   llm.cost>0.01   retries   outputs/success==true   model!='gpt 4'   x!=null   name<"b"
// Operators are == (or =), !=, < and >. Values are numbers, true, false, null and text in single or double quotes;
// spaces around either do not matter. What holds is said at AttributeFilter.
[[nodiscard]] AttributeFilter parse_condition(std::string_view text);

// Gets what was typed; throws Error(invalid_argument) if it is wrong.
using TakeArgument = std::function<void(const std::string&)>;

// An option whose text `take` gets while arguments are parsed. `take` is kept as long as `command`. The second one may
// be given several times and calls `take` for each. The third one is what has no name: as many as there are.
CLI::Option* add_parsed_option(CLI::App& command, const std::string& names, TakeArgument take,
                               const std::string& description);
CLI::Option* add_repeated_option(CLI::App& command, const std::string& names, TakeArgument take,
                                 const std::string& description);
CLI::Option* add_parsed_arguments(CLI::App& command, const std::string& name, TakeArgument take,
                                  const std::string& description);

}  // namespace spark::sparktel

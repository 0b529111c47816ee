// What a typed function becomes as a tool, and how it is called.
#include "spark/agents/tool.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "fakes/tasks.h"
#include "spark/async/sleep.h"
#include "spark/async/sync_wait.h"
#include "spark/base/error.h"
#include "spark/base/json.h"

namespace spark {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Value call_with(const Tool& tool, const std::string& arguments) {
  return sync_wait(tool.call(parse_json(arguments).as_object()));
}

std::string thrown_by_call(const Tool& tool, const std::string& arguments) {
  return test::thrown_by([&] { call_with(tool, arguments); });
}

const Tool weather("get_weather", "The weather of a city",
                   {{"city", "The city's name"}, {"days", "How many days, 1 to 14"}},
                   [](const std::string& city, std::optional<int> days) -> Value {
                     return city + " for " + std::to_string(days.value_or(1));
                   });

TEST(Tools, the_schema_follows_from_the_parameters) {
  EXPECT_EQ(weather.name(), "get_weather");
  EXPECT_EQ(weather.definition().description, "The weather of a city");
  EXPECT_EQ(
      to_json(weather.definition().parameters),
      R"({"additionalProperties":false,"properties":{"city":{"description":"The city's name","type":"string"},)"
      R"("days":{"description":"How many days, 1 to 14","type":"integer"}},"required":["city"],"type":"object"})");
}

TEST(Tools, each_type_has_its_schema) {
  const Tool all("all", "", {{"b", ""}, {"i", ""}, {"u", ""}, {"s", ""}, {"d", ""}, {"v", ""}, {"o", ""}, {"l", ""}},
                 [](bool, std::int64_t, std::uint32_t, std::int8_t, double, Value, Object,
                    std::vector<std::vector<std::string>>) {});
  const Value expected = parse_json(R"({"b":{"type":"boolean"},"i":{"type":"integer"},
      "u":{"type":"integer","minimum":0},"s":{"type":"integer","minimum":-128,"maximum":127},"d":{"type":"number"},
      "v":{},"o":{"type":"object"},"l":{"type":"array","items":{"type":"array","items":{"type":"string"}}}})");
  EXPECT_EQ(all.definition().parameters.at("properties"), expected);
  EXPECT_EQ(all.definition().parameters.at("required"), parse_json(R"(["b","i","u","s","d","v","o","l"])"));
}

TEST(Tools, arguments_become_the_functions_parameters) {
  std::string seen;
  const Tool tool("t", "", {{"b", ""}, {"i", ""}, {"f", ""}, {"v", ""}, {"o", ""}, {"l", ""}, {"left_out", ""}},
                  [&seen](bool b, int i, float f, const Value& v, const Object& o, const std::vector<int>& l,
                          const std::optional<std::string>& left_out) {
                    seen = to_json(Array{b, i, f, v, o, Array(l.begin(), l.end()), left_out.has_value()});
                  });
  EXPECT_EQ(call_with(tool, R"({"b":true,"i":3.0,"f":1,"v":[null],"o":{"x":1},"l":[1,2]})"), Value("done"));
  EXPECT_EQ(seen, R"([true,3,1.0,[null],{"x":1},[1,2],false])");
}

TEST(Tools, what_may_be_left_out_may_be_null) {
  EXPECT_EQ(call_with(weather, R"({"city":"Bern","days":null})"), Value("Bern for 1"));
  EXPECT_EQ(call_with(weather, R"({"city":"Bern","days":3})"), Value("Bern for 3"));
}

TEST(Tools, arguments_that_are_not_of_the_schema_do_not_reach_the_function) {
  EXPECT_THAT(weather.faults(parse_json(R"({"city":1,"days":"x","more":true})").as_object()),
              ElementsAre("/city must be a string", "/days must be a whole number", "/more must not be there"));
  EXPECT_EQ(thrown_by_call(weather, "{}"), "invalid_argument: /city is missing");
}

TEST(Tools, numbers_that_do_not_fit_are_refused) {
  const Tool tool("t", "", {{"i", ""}, {"u", ""}, {"l", ""}, {"f", ""}},
                  [](std::optional<std::int32_t> i, std::optional<std::uint64_t> u, std::optional<std::int64_t> l,
                     std::optional<float> f) -> Value {
                    if (i) return *i;
                    if (u) return std::to_string(*u);
                    if (l) return *l;
                    return f.value_or(0);
                  });
  EXPECT_EQ(call_with(tool, R"({"i":-2147483648})"), Value(INT32_MIN));
  EXPECT_EQ(thrown_by_call(tool, R"({"i":2147483648})"), "invalid_argument: /i must be at most 2147483647");
  EXPECT_EQ(thrown_by_call(tool, R"({"u":-1})"), "invalid_argument: /u must be at least 0");
  EXPECT_THAT(thrown_by_call(tool, R"({"u":18446744073709551616})"),
              HasSubstr("/u must be at most 18446744073709549568"));
  EXPECT_EQ(call_with(tool, R"({"u":18446744073709549568.0})"), Value("18446744073709549568"));
  EXPECT_EQ(thrown_by_call(tool, R"({"l":9223372036854775808})"),
            "invalid_argument: /l must be at most 9223372036854775807");
  EXPECT_EQ(call_with(tool, R"({"l":9223372036854775807})"), Value(INT64_MAX));
  EXPECT_THAT(thrown_by_call(tool, R"({"f":1e300})"), HasSubstr("/f must be at most 3.4"));
}

Task<std::string> greet(std::string name) {
  co_await sleep_for(Seconds(1));
  co_return "hello " + name;
}

TEST(Tools, functions_that_give_tasks_are_awaited) {
  VirtualClock clock;
  const Tool tool("greet", "", {{"name", ""}}, greet);
  EXPECT_EQ(sync_wait(tool.call({{"name", "Ada"}}), {.clock = &clock}), Value("hello Ada"));
  EXPECT_EQ(clock.steady_now(), std::chrono::seconds(1));
  std::string seen;
  const Tool nothing("nothing", "", {{"name", ""}}, [&seen](std::string name) -> Task<void> {
    co_await test::hop();
    seen = std::move(name);
  });
  EXPECT_EQ(call_with(nothing, R"({"name":"Ada"})"), Value("done"));
  EXPECT_EQ(seen, "Ada");
}

TEST(Tools, the_function_lives_until_its_task_ends) {
  Task<Value> task = [] {
    const auto text = std::make_shared<std::string>("kept");
    const Tool tool("t", "", [text]() -> Task<std::string> {
      co_await test::hop();
      co_return *text;
    });
    return tool.call({});
  }();
  EXPECT_EQ(sync_wait(std::move(task)), Value("kept"));
}

TEST(Tools, blocking_functions_run_on_other_threads) {
  const std::thread::id here = std::this_thread::get_id();
  std::thread::id there;
  const auto note = [&there](int a) {
    there = std::this_thread::get_id();
    return a + 1;
  };
  const Tool tool("t", "", {{"a", ""}}, note, {.is_blocking = true});
  EXPECT_EQ(call_with(tool, R"({"a":1})"), Value(2));
  EXPECT_NE(there, here);
  const Tool other("t", "", {{"a", ""}}, note);
  EXPECT_EQ(call_with(other, R"({"a":1})"), Value(2));
  EXPECT_EQ(there, here);
}

TEST(Tools, a_schema_of_ones_own_is_checked_and_used) {
  const Object schema = parse_json(R"({"type":"object","properties":{"unit":{"enum":["c","f"]}}})").as_object();
  const Tool tool = Tool::with_schema("t", "", schema, [](const Object& arguments) { return arguments; });
  EXPECT_EQ(tool.definition().parameters, schema);
  EXPECT_EQ(call_with(tool, R"({"unit":"c","x":1})"), parse_json(R"({"unit":"c","x":1})"));
  EXPECT_EQ(thrown_by_call(tool, R"({"unit":"k"})"), R"(invalid_argument: /unit must be one of "c", "f")");
  EXPECT_EQ(test::thrown_by([] {
              static_cast<void>(Tool::with_schema("t", "", {{"pattern", "x"}}, [](const Object&) {}));
            }),
            R"(invalid_argument: the tool "t": the JSON schema: the keyword "pattern" is not understood)");
}

TEST(Tools, what_cannot_be_a_tool_is_refused) {
  const auto named = [](const std::string& name) { return test::thrown_by([&name] { Tool(name, "", [] {}); }); };
  EXPECT_EQ(named("A-z_0"), "nothing");
  EXPECT_EQ(named(std::string(64, 'x')), "nothing");
  EXPECT_THAT(named(""), HasSubstr("its name must be 1 to 64 letters, digits, _ and -"));
  EXPECT_THAT(named(std::string(65, 'x')), HasSubstr("its name must be"));
  EXPECT_THAT(named("get weather"), HasSubstr(R"(the tool "get weather": its name must be)"));
  EXPECT_THAT(test::thrown_by([] {
                Tool("t", "", {{"a", ""}, {"a", ""}}, [](int, int) {});
              }),
              HasSubstr(R"(two of its parameters are called "a")"));
  EXPECT_THAT(test::thrown_by([] { Tool("t", "", [] {}, {.timeout = Seconds(-1)}); }), HasSubstr("timeout must be"));
  EXPECT_THAT(test::thrown_by([] { Tool("t", "", []() -> Task<void> { co_return; }, {.is_blocking = true}); }),
              HasSubstr("cannot be blocking"));
}

TEST(Tools, a_tool_has_effects_unless_it_says_otherwise) {
  EXPECT_TRUE(weather.options().has_effects);
  EXPECT_FALSE(Tool("t", "", [] {}, {.has_effects = false}).options().has_effects);
}

}  // namespace
}  // namespace spark

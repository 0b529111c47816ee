#include "apps/sparktel/commands/arguments.h"

#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <functional>
#include <string>

#include "spark/base/error.h"

namespace spark::sparktel {
namespace {

using namespace std::chrono_literals;

// The message of the error; empty if there was none.
std::string refusal_of(const std::function<void()>& parse) {
  try {
    parse();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
    return error.what();
  }
  return {};
}

constexpr Timestamp now = std::chrono::sys_days(std::chrono::year(2026) / 1 / 15) + 10h;

TEST(Arguments, ADurationIsANumberWithItsUnit) {
  EXPECT_EQ(parse_duration("500ms"), 500ms);
  EXPECT_EQ(parse_duration("1.5s"), 1500ms);
  EXPECT_EQ(parse_duration("2h"), 2h);
  EXPECT_EQ(parse_duration("7d"), 168h);
  EXPECT_EQ(parse_duration("1w"), 168h);
  EXPECT_EQ(parse_duration("90m"), 90min);
  EXPECT_EQ(parse_duration("10us"), 10us);
  EXPECT_EQ(parse_duration("10µs"), 10us);
  EXPECT_EQ(parse_duration("0ns"), 0ns);
}

TEST(Arguments, WhatIsNoDurationIsRefused) {
  const std::string expected =
      " is no duration: expected a number with a unit of ns, us, ms, s, m, h, d or w, for example 500ms";
  for (const std::string text : {"", "500", "ms", "-1s", "+1s", "1 s", "1e3s", "1.5", "infs", "nans", "1S", "1s2"}) {
    EXPECT_EQ(refusal_of([&] { (void)parse_duration(text); }), "\"" + text + "\"" + expected);
  }
  EXPECT_EQ(refusal_of([] { (void)parse_duration("300000d"); }), "\"300000d\" is longer than 290 years");
}

TEST(Arguments, ATimeIsAgoOrADayOrAMoment) {
  const Timestamp day = now - 10h;
  EXPECT_EQ(parse_time("now", now), now);
  EXPECT_EQ(parse_time("1h", now), now - 1h);
  EXPECT_EQ(parse_time("2026-01-15", now), day);
  EXPECT_EQ(parse_time("2026-01-15T10:00", now), now);
  EXPECT_EQ(parse_time("2026-01-15T10:00:01", now), now + 1s);
  EXPECT_EQ(parse_time("2026-01-15 10:00:01Z", now), now + 1s);
  EXPECT_EQ(parse_time("2026-01-15T10:00:00.25Z", now), now + 250ms);
  EXPECT_EQ(parse_time("2026-01-15T10:00:00.000000001", now), now + 1ns);
  EXPECT_EQ(parse_time(to_iso8601(now + 123456789ns), now), now + 123456789ns);
}

TEST(Arguments, WhatIsNoTimeIsRefused) {
  for (const std::string text :
       {"", "yesterday", "1", "2026", "2026-1-5", "2026-02-30", "2026-01-15T", "2026-01-15T10", "2026-01-15T24:00",
        "2026-01-15T10:00:60", "2026-01-15T-0:00", "2026-01-15T10:00:00.", "2026-01-15T10:00:00.1234567890",
        "2026-01-15T10:00:00+01:00", "2026-01-15Z", "9999-01-01", "-1h", "2026-01-15T10:00:00ZZ"}) {
    EXPECT_EQ(refusal_of([&] { (void)parse_time(text, now); }),
              "\"" + text +
                  "\" is no time: expected a time ago such as 1h, a day such as 2026-01-15 or a UTC time such as "
                  "2026-01-15T10:00:00");
  }
}

TEST(Arguments, AConditionIsAPathWithAnOperatorAndAValue) {
  EXPECT_EQ(parse_condition("llm.cost>0.01"), attribute("llm.cost") > 0.01);
  EXPECT_EQ(parse_condition("outputs/success==true"), attribute("outputs", "success") == true);
  EXPECT_EQ(parse_condition("a.b=false"), attribute("a.b") == false);
  EXPECT_EQ(parse_condition("model=='x y'"), attribute("model") == "x y");
  EXPECT_EQ(parse_condition("model != \"it's\" "), attribute("model") != "it's");
  EXPECT_EQ(parse_condition("model=='it\\'s \\\\'"), attribute("model") == "it's \\");
  EXPECT_EQ(parse_condition("x!=null"), attribute("x") != nullptr);
  EXPECT_EQ(parse_condition("name<'b'"), attribute("name") < "b");
  EXPECT_EQ(parse_condition(" n > -3 "), attribute("n") > -3);
  EXPECT_EQ(parse_condition("retries"), attribute("retries").exists());
  EXPECT_EQ(parse_condition("two words==1e3"), attribute("two words") == 1000.0);
  EXPECT_EQ(parse_condition("'a/b'/\"c=d\"/''==1"), attribute("a/b", "c=d", "") == 1);
  EXPECT_TRUE(parse_condition("n==1").value.is_int());
  EXPECT_TRUE(parse_condition("n==1.0").value.is_double());
}

TEST(Arguments, AMalformedConditionSaysWhatWasExpected) {
  const auto refusal = [](const char* text) { return refusal_of([&] { (void)parse_condition(text); }); };
  const std::string no_name = " lacks the name of an attribute: expected for example llm.cost or outputs/success";
  EXPECT_EQ(refusal(""), "\"\"" + no_name);
  EXPECT_EQ(refusal(">1"), "\">1\"" + no_name);
  EXPECT_EQ(refusal("a//b>1"), "\"a//b>1\"" + no_name);
  EXPECT_EQ(refusal("a/"), "\"a/\"" + no_name);
  EXPECT_EQ(refusal("a>"), "\"a>\" lacks a value: expected a number, true, false, null or text in quotes");
  EXPECT_EQ(refusal("a==b"),
            "\"a==b\" has the value \"b\": expected a number, true, false, null or text in quotes ('b')");
  EXPECT_EQ(refusal("a>=1"), "\"a>=1\" has an operator that is not there: expected ==, !=, < or >");
  EXPECT_EQ(refusal("a!1"), "\"a!1\" has an operator that is not there: expected ==, !=, < or >");
  EXPECT_EQ(refusal("a=='b"), "\"a=='b\" has a quote that is not closed");
  EXPECT_EQ(refusal("'a>1"), "\"'a>1\" has a quote that is not closed");
  EXPECT_EQ(refusal("a=='b' c"), "\"a=='b' c\" goes on behind its value");
  EXPECT_NE(refusal("a==nan"), "");
  EXPECT_NE(refusal("a==inf"), "");
  EXPECT_NE(refusal("'a'b==1"), "");
  // What was typed is repeated, so it must be safe to print.
  EXPECT_EQ(refusal("\x1b[2J=="),
            "\"\uFFFD[2J==\" lacks a value: expected a number, true, false, null or text in quotes");
}

TEST(Arguments, AnAttributePathIsANameAlone) {
  EXPECT_EQ(parse_attribute_path("llm.model"), std::vector<std::string>{"llm.model"});
  EXPECT_EQ(parse_attribute_path("a/'b/c'"), (std::vector<std::string>{"a", "b/c"}));
  EXPECT_EQ(refusal_of([] { (void)parse_attribute_path("a==1"); }),
            "\"a==1\" is no attribute: expected its name alone, for example llm.cost or outputs/success");
}

TEST(Arguments, AnOptionThatIsRefusedIsAWrongUse) {
  CLI::App app;
  std::vector<std::string> taken;
  std::string file;
  app.add_option("FILE", file);
  add_parsed_option(
      app, "--since", [](const std::string& text) { (void)parse_time(text, now); }, "A time");
  add_repeated_option(
      app, "--where", [&](const std::string& text) { taken.push_back(text); }, "A condition");
  app.parse("--where a --where 'b c' file.db --since 1h");
  EXPECT_EQ(taken, (std::vector<std::string>{"a", "b c"}));
  EXPECT_EQ(file, "file.db");
  app.clear();
  EXPECT_THROW(app.parse("--since soon"), CLI::ValidationError);
}

}  // namespace
}  // namespace spark::sparktel

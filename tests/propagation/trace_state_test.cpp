#include "spark/propagation/trace_state.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "spark/base/error.h"

namespace spark {
namespace {

std::string members(std::size_t count, std::size_t value_bytes = 1) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) {
    text += (i == 0 ? "" : ",") + ("k" + std::to_string(i)) + "=" + std::string(value_bytes, 'v');
  }
  return text;
}

struct TraceStateCase {
  const char* what;
  std::string header;
  bool is_valid;
  std::string written = {};  // if it is valid and another text
};

const std::vector<TraceStateCase>& trace_state_cases() {
  static const std::vector<TraceStateCase> cases{
      {"one member", "foo=1", true},
      {"two members", "foo=1,bar=2", true},
      {"spaces and tabs around members", "foo=1 \t , \t bar=2, \t baz=3", true, "foo=1,bar=2,baz=3"},
      {"empty", "", true},
      {"blank", " \t", true, ""},
      {"empty members", "foo=1,", true, "foo=1"},
      {"empty members before and between", ",foo=1, ,\t,bar=2", true, "foo=1,bar=2"},
      {"an equals sign in the value", "foo=1=2", false},
      {"no equals sign", "foo", false},
      {"no value", "foo=", false},
      {"no key", "=1", false},
      {"another separator", "foo=1;bar=2=3", false},
      {"a space within the value", "foo=a b", true},
      {"a space before the value", "foo= b", true},
      {"a space behind the key", "foo =1", false},
      {"a tab within the value", "foo=a\tb", false},
      {"a key in upper case", "FOO=1", false},
      {"a dot in the key", "foo.bar=1", false},
      {"all characters of keys", "abcdefghijklmnopqrstuvwxyz0123456789_-*/=1", true},
      {"a key that begins with a dash", "-foo=1", false},
      {"a key that begins with a digit", "1foo=1", true},
      {"all characters of values",
       "foo=" +
           [] {
             std::string text;
             for (char c = ' '; c <= '~'; ++c) text += c == ',' || c == '=' ? "" : std::string(1, c);
             return text;
           }(),
       true},
      {"a value that is no ASCII", "foo=\xC3\xA4", false},
      {"a tenant at a system", "foo@bar=1,1a-2f@foo=bar1,foo@bar-*/_9=2", true},
      {"a system that begins with a digit", "foo@1bar=1", false},
      {"no tenant", "@foo=1", false},
      {"no system", "foo@=1", false},
      {"two at signs", "foo@@bar=1", false},
      {"two systems", "foo@bar@baz=1", false},
      {"the longest key", std::string(256, 'z') + "=1", true},
      {"a key that is too long", std::string(257, 'z') + "=1", false},
      {"the longest tenant and system", std::string(241, 't') + "@" + std::string(14, 'v') + "=1", true},
      {"a tenant that is too long", std::string(242, 't') + "@v=1", false},
      {"a system that is too long", "t@" + std::string(15, 'v') + "=1", false},
      {"the longest value", "foo=" + std::string(256, 'v'), true},
      {"a value that is too long", "foo=" + std::string(257, 'v'), false},
      {"32 members", members(32), true},
      {"33 members", members(33), false},
      {"32 members and empty ones", members(32) + ",,,", true, members(32)},
      {"a key twice", "foo=1,bar=2,foo=3", true, "foo=1,bar=2"},
      {"one malformed member of several", "foo=1,BAR=2,baz=3", false},
  };
  return cases;
}

TEST(TraceState, is_read_as_the_recommendation_says) {
  for (const TraceStateCase& one : trace_state_cases()) {
    const auto state = TraceState::parse(one.header);
    EXPECT_EQ(state.has_value(), one.is_valid) << one.what;
    if (!state || !one.is_valid) continue;
    const bool is_other = !one.written.empty() || one.header.find_first_not_of(" \t") == std::string::npos;
    EXPECT_EQ(state->to_string(), is_other ? one.written : one.header) << one.what;
  }
}

TEST(TraceState, several_headers_are_one_list) {
  const std::vector<std::string_view> headers{"foo=1", "", "bar=2,foo=3", " \t"};
  const auto state = TraceState::parse(headers);
  ASSERT_TRUE(state);
  EXPECT_EQ(state->to_string(), "foo=1,bar=2");
  const std::string first = members(20), second = "x=1,y=2,z=3,a=1,b=1,c=1,d=1,e=1,f=1,g=1,h=1,i=1,j=1";
  const std::vector<std::string_view> too_many{first, second};
  EXPECT_FALSE(TraceState::parse(too_many));
}

TEST(TraceState, a_member_that_is_set_comes_first) {
  auto state = TraceState::parse("foo=1,bar=2,baz=3").value();
  state.set("bar", "4");
  EXPECT_EQ(state.to_string(), "bar=4,foo=1,baz=3");
  state.set("rojo@spark", "5");
  EXPECT_EQ(state.find("rojo@spark"), "5");
  state.erase("foo");
  EXPECT_EQ(state.to_string(), "rojo@spark=5,bar=4,baz=3");
  EXPECT_THROW(state.set("Upper", "1"), Error);
  EXPECT_THROW(state.set("lower", "a,b"), Error);
  auto full = TraceState::parse(members(32)).value();
  full.set("new", "1");
  EXPECT_EQ(full.members().size(), 32U);
  EXPECT_FALSE(full.find("k31"));
}

TEST(TraceState, at_least_512_characters_are_passed_on) {
  const std::string header = members(4, 124);
  ASSERT_GE(header.size(), 508U);
  EXPECT_EQ(TraceState::parse(header)->to_string(), header);
}

TEST(TraceState, what_is_too_much_goes_in_whole_members_the_long_ones_first) {
  auto state = TraceState::parse(members(31, 100) + ",long=" + std::string(200, 'l')).value();
  const std::string text = state.to_string();
  EXPECT_LE(text.size(), TraceState::max_propagated_bytes);
  EXPECT_GE(text.size(), TraceState::max_propagated_bytes - 105);
  EXPECT_EQ(text.find("long="), std::string::npos);
  const auto back = TraceState::parse(text);
  ASSERT_TRUE(back);
  for (std::size_t i = 0; i < back->members().size(); ++i) EXPECT_EQ(back->members()[i], state.members()[i]);
}

TEST(TraceState, no_more_goes_than_must) {
  // Ten long ones: eight have room.
  const std::string long_ones = members(10, 250);
  EXPECT_EQ(TraceState::parse(long_ones)->to_string(), members(8, 250));
  // Of two long ones among short ones the last goes, for that is enough.
  const std::string one = "first=" + std::string(250, 'f') + ",", other = "last=" + std::string(250, 'l');
  const std::string short_ones = members(15, 110);
  ASSERT_GT((one + short_ones + "," + other).size(), TraceState::max_propagated_bytes);
  EXPECT_EQ(TraceState::parse(one + short_ones + "," + other)->to_string(), one + short_ones);
  // What just fits stays as it is; a character more costs a member.
  const std::string full = members(8, 250) + ",x=" + std::string(TraceState::max_propagated_bytes - 2'031 - 3, 'x');
  ASSERT_EQ(full.size(), TraceState::max_propagated_bytes);
  EXPECT_EQ(TraceState::parse(full)->to_string(), full);
  EXPECT_LT(TraceState::parse(full + "x")->to_string().size(), full.size());
}

}  // namespace
}  // namespace spark

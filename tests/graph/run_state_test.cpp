// What several threads do with it is in tests/concurrency.
#include "spark/graph/run_state.h"

#include <gtest/gtest.h>

#include <optional>
#include <stdexcept>
#include <string>

#include "graph/error_text.h"

namespace spark {
namespace {

using tests::error_text;

TEST(RunState, keeps_values_by_name) {
  RunState state;
  EXPECT_EQ(state.get("a"), std::nullopt);
  state.set("a", 1);
  state.set("b", nullptr);
  state.set("a", "two");
  EXPECT_EQ(state.get("a"), Value("two"));
  EXPECT_EQ(state.get("b"), Value());
  EXPECT_EQ(state.snapshot(), (Object{{"a", "two"}, {"b", nullptr}}));
  EXPECT_TRUE(state.erase("a"));
  EXPECT_FALSE(state.erase("a"));
  EXPECT_EQ(state.get("a"), std::nullopt);
}

TEST(RunState, tells_names_apart_by_all_their_bytes) {
  RunState state;
  state.set("", 0);
  state.set(std::string_view("a\0b", 3), 1);
  state.set("a", 2);
  EXPECT_EQ(state.get(std::string_view("a\0b", 3)), Value(1));
  EXPECT_EQ(state.get("a"), Value(2));
  EXPECT_EQ(state.get(""), Value(0));
}

TEST(RunState, updates_what_is_there_or_null) {
  RunState state;
  const auto add_one = [](Value old) { return Value(old.is_null() ? 1 : old.as_int() + 1); };
  EXPECT_EQ(state.update("count", add_one), Value(1));
  EXPECT_EQ(state.update("count", add_one), Value(2));
  EXPECT_EQ(state.get("count"), Value(2));
}

TEST(RunState, is_as_before_if_the_function_of_an_update_throws) {
  RunState state;
  state.set("a", "a text that does not fit into a string itself");
  const auto failing = [](Value) -> Value { throw std::out_of_range("row 7"); };
  EXPECT_THROW(state.update("a", failing), std::out_of_range);
  EXPECT_THROW(state.update("b", failing), std::out_of_range);
  EXPECT_EQ(state.snapshot(), (Object{{"a", "a text that does not fit into a string itself"}}));
  state.set("a", 1);
  EXPECT_EQ(state.get("a"), Value(1));
}

TEST(RunState, refuses_calls_from_the_function_of_its_update) {
  RunState state;
  RunState other;
  state.set("a", 1);
  const std::string refused = "would_deadlock: RunState: the function of an update called the state that it updates";
  const auto during_update = [&](auto call) {
    return error_text([&] {
      state.update("a", [&](Value) {
        call();
        return Value("changed");
      });
    });
  };
  EXPECT_EQ(during_update([&] { static_cast<void>(state.get("a")); }), refused);
  EXPECT_EQ(during_update([&] { state.set("b", 1); }), refused);
  EXPECT_EQ(during_update([&] { state.erase("a"); }), refused);
  EXPECT_EQ(during_update([&] { static_cast<void>(state.snapshot()); }), refused);
  EXPECT_EQ(during_update([&] { state.update("b", [](Value old) { return old; }); }), refused);
  EXPECT_EQ(state.snapshot(), (Object{{"a", 1}}));
  EXPECT_EQ(during_update([&] { other.set("b", 1); }), "nothing was thrown");
  EXPECT_EQ(state.get("a"), Value("changed"));
}

TEST(RunState, is_bounded_in_names) {
  RunState state;
  for (std::size_t i = 0; i < max_run_state_names; ++i) state.set(std::to_string(i), 0);
  const std::string refused = "invalid_argument: RunState: there are 10000 names; no more are allowed";
  EXPECT_EQ(error_text([&] { state.set("more", 0); }), refused);
  EXPECT_EQ(error_text([&] { state.update("more", [](Value) { return Value(1); }); }), refused);
  state.set("7", 1);
  EXPECT_EQ(state.get("7"), Value(1));
  state.erase("8");
  state.set("more", 0);
  EXPECT_EQ(state.snapshot().size(), max_run_state_names);
}

}  // namespace
}  // namespace spark

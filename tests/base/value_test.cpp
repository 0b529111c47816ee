#include "spark/base/value.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>

#include "fakes/numbers.h"
#include "spark/base/error.h"

namespace spark {
namespace {

constexpr std::int64_t int_max = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t int_min = std::numeric_limits<std::int64_t>::min();
constexpr double two_63 = 9223372036854775808.0;
using fakes::infinity;
using fakes::nan;

TEST(Value, knows_its_type) {
  EXPECT_EQ(Value().type(), ValueType::null);
  EXPECT_EQ(Value(nullptr).type(), ValueType::null);
  EXPECT_EQ(Value(true).type(), ValueType::boolean);
  EXPECT_EQ(Value(7).type(), ValueType::integer);
  EXPECT_EQ(Value(std::size_t{7}).type(), ValueType::integer);
  EXPECT_EQ(Value(7.0f).type(), ValueType::number);
  EXPECT_EQ(Value("seven").type(), ValueType::string);
  EXPECT_EQ(Value(std::string_view("seven")).type(), ValueType::string);
  EXPECT_EQ(Value(Bytes{{7}}).type(), ValueType::bytes);
  EXPECT_EQ(Value(Array{7, "seven"}).type(), ValueType::array);
  EXPECT_EQ(Value(Object{{"seven", 7}}).type(), ValueType::object);
}

TEST(Value, types_have_names) {
  EXPECT_EQ(to_string(ValueType::null), "null");
  EXPECT_EQ(to_string(ValueType::boolean), "bool");
  EXPECT_EQ(to_string(ValueType::integer), "int");
  EXPECT_EQ(to_string(ValueType::number), "double");
  EXPECT_EQ(to_string(ValueType::string), "string");
  EXPECT_EQ(to_string(ValueType::bytes), "bytes");
  EXPECT_EQ(to_string(ValueType::array), "array");
  EXPECT_EQ(to_string(ValueType::object), "object");
}

TEST(Value, unsigned_above_int64_becomes_the_nearest_double) {
  EXPECT_EQ(Value(std::uint64_t{9223372036854775807U}).type(), ValueType::integer);
  const Value above(std::uint64_t{9223372036854775808U});
  EXPECT_EQ(above.type(), ValueType::number);
  EXPECT_EQ(above.as_double(), two_63);
}

TEST(Value, access_with_the_wrong_type_names_both) {
  try {
    static_cast<void>(Value("text").as_int());
    FAIL() << "as_int of a string did not throw";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
    EXPECT_STREQ(error.what(), "the value is of type string, not int");
  }
  EXPECT_THROW(static_cast<void>(Value(1).as_bool()), Error);
  EXPECT_THROW(static_cast<void>(Value(1.0).as_int()), Error);
  EXPECT_THROW(static_cast<void>(Value(true).as_double()), Error);
  EXPECT_THROW(static_cast<void>(Value().as_string()), Error);
  EXPECT_THROW(static_cast<void>(Value("x").as_bytes()), Error);
  EXPECT_THROW(static_cast<void>(Value(Object{}).as_array()), Error);
  EXPECT_THROW(static_cast<void>(Value(Array{}).as_object()), Error);
}

TEST(Value, an_int_can_be_read_as_a_double) { EXPECT_EQ(Value(42).as_double(), 42.0); }

TEST(Value, content_can_be_changed_in_place) {
  Value value(Object{{"list", Array{1}}});
  value.as_object()["list"].as_array().push_back("two");
  EXPECT_EQ(value, Value(Object{{"list", Array{1, "two"}}}));
}

TEST(Value, an_int_equals_a_double_of_exactly_the_same_value) {
  EXPECT_EQ(Value(1), Value(1.0));
  EXPECT_EQ(Value(1.0), Value(1));
  EXPECT_EQ(Value(0), Value(-0.0));
  EXPECT_NE(Value(1), Value(1.5));
  EXPECT_NE(Value(-1), Value(-1.5));
}

TEST(Value, comparison_of_int_and_double_does_not_round) {
  constexpr std::int64_t two_53 = 9007199254740992;
  EXPECT_EQ(Value(two_53), Value(9007199254740992.0));
  // As a double 2^53 + 1 would round to 2^53.
  EXPECT_NE(Value(two_53 + 1), Value(9007199254740992.0));
  EXPECT_TRUE((Value(two_53 + 1) <=> Value(9007199254740992.0)) > 0);
  EXPECT_TRUE((Value(9007199254740992.0) <=> Value(two_53 + 1)) < 0);
  // The highest int64 is 2^63 - 1, which as a double would round to 2^63.
  EXPECT_NE(Value(int_max), Value(two_63));
  EXPECT_TRUE((Value(int_max) <=> Value(two_63)) < 0);
  EXPECT_EQ(Value(int_min), Value(-two_63));
  EXPECT_TRUE((Value(int_min) <=> Value(std::nextafter(-two_63, -infinity))) > 0);
  EXPECT_TRUE((Value(int_max) <=> Value(infinity)) < 0);
  EXPECT_TRUE((Value(int_min) <=> Value(-infinity)) > 0);
}

TEST(Value, fractions_order_between_ints) {
  EXPECT_TRUE((Value(1) <=> Value(1.5)) < 0);
  EXPECT_TRUE((Value(2) <=> Value(1.5)) > 0);
  EXPECT_TRUE((Value(-1) <=> Value(-1.5)) > 0);
  EXPECT_TRUE((Value(-2) <=> Value(-1.5)) < 0);
  EXPECT_TRUE((Value(0) <=> Value(-0.5)) > 0);
  EXPECT_TRUE((Value(-0.5) <=> Value(0)) < 0);
}

TEST(Value, a_bool_never_equals_a_number) {
  EXPECT_NE(Value(true), Value(1));
  EXPECT_NE(Value(false), Value(0.0));
  EXPECT_EQ(Value(true) <=> Value(1), std::partial_ordering::unordered);
}

TEST(Value, nan_equals_nothing) {
  EXPECT_NE(Value(nan), Value(nan));
  EXPECT_NE(Value(nan), Value(0));
  EXPECT_EQ(Value(nan) <=> Value(nan), std::partial_ordering::unordered);
  EXPECT_EQ(Value(nan) <=> Value(0), std::partial_ordering::unordered);
  EXPECT_EQ(Value(0) <=> Value(nan), std::partial_ordering::unordered);
  EXPECT_NE(Value(Array{nan}), Value(Array{nan}));
}

TEST(Value, strings_bytes_and_bools_order_with_their_own_kind) {
  EXPECT_TRUE((Value("a") <=> Value("b")) < 0);
  EXPECT_TRUE((Value("z") <=> Value("\xC3\xA4")) < 0);
  EXPECT_TRUE((Value(false) <=> Value(true)) < 0);
  EXPECT_TRUE((Value(Bytes{{1, 255}}) <=> Value(Bytes{{2}})) < 0);
  EXPECT_TRUE((Value(Bytes{{127}}) <=> Value(Bytes{{128}})) < 0);
}

TEST(Value, everything_else_is_unordered) {
  EXPECT_EQ(Value() <=> Value(), std::partial_ordering::unordered);
  EXPECT_EQ(Value("1") <=> Value(1), std::partial_ordering::unordered);
  EXPECT_EQ(Value("a") <=> Value(Bytes{{'a'}}), std::partial_ordering::unordered);
  EXPECT_EQ(Value(Array{1}) <=> Value(Array{2}), std::partial_ordering::unordered);
  EXPECT_EQ(Value(Object{}) <=> Value(Object{}), std::partial_ordering::unordered);
}

TEST(Value, equality_is_deep) {
  const Value value(Object{{"a", Array{1, Object{{"b", "c"}}}}});
  EXPECT_EQ(value, Value(Object{{"a", Array{1.0, Object{{"b", "c"}}}}}));
  EXPECT_NE(value, Value(Object{{"a", Array{1, Object{{"b", "d"}}}}}));
  EXPECT_NE(value, Value(Object{{"a", Array{1}}}));
  EXPECT_EQ(Value(), Value(nullptr));
  EXPECT_NE(Value(), Value(0));
  EXPECT_NE(Value("a"), Value(Bytes{{'a'}}));
}

TEST(Value, a_very_deep_value_is_destroyed_without_recursion) {
  constexpr int depth = 1'000'000;
  Value arrays, objects, mixed;
  for (int i = 0; i < depth; ++i) {
    Array array;
    array.push_back(std::move(arrays));
    arrays = std::move(array);
    Object object;
    object.set("k", std::move(objects));
    objects = std::move(object);
    Array outer;
    outer.push_back(std::exchange(mixed, Value()));
    Object holder;
    holder.set("k", std::move(outer));
    mixed = std::move(holder);
  }
  EXPECT_EQ(arrays.as_array().size(), 1U);
  arrays = 1;
  objects = 2;
  mixed = 3;
  EXPECT_EQ(arrays, Value(1));
}

TEST(Object, keeps_members_sorted_by_key_bytes) {
  const Object object{{"b", 2}, {"a", 1}, {"\xC3\xA4", 4}, {"B", 0}, {"", -1}};
  std::string keys;
  for (const auto& member : object) keys += member.key + "|";
  EXPECT_EQ(keys, "|B|a|b|\xC3\xA4|");
}

TEST(Object, a_key_given_twice_keeps_its_last_value) {
  const Object object{{"a", 1}, {"b", 2}, {"a", 3}, {"c", 4}, {"a", 5}, {"c", 6}};
  EXPECT_EQ(object.size(), 3U);
  EXPECT_EQ(object.at("a"), Value(5));
  EXPECT_EQ(object.at("b"), Value(2));
  EXPECT_EQ(object.at("c"), Value(6));
}

TEST(Object, equality_does_not_depend_on_the_order_of_adding) {
  Object grown;
  grown.set("b", 2);
  grown.set("c", 3);
  grown.set("a", 1);
  EXPECT_EQ(grown, (Object{{"a", 1}, {"b", 2}, {"c", 3}}));
  EXPECT_FALSE(grown == (Object{{"a", 1}, {"b", 2}, {"d", 3}}));
  EXPECT_FALSE(grown == (Object{{"a", 1}, {"b", 2}}));
}

TEST(Object, set_replaces_and_erase_removes) {
  Object object{{"a", 1}};
  object.set("a", "one");
  EXPECT_EQ(object.at("a"), Value("one"));
  EXPECT_TRUE(object.erase("a"));
  EXPECT_FALSE(object.erase("a"));
  EXPECT_TRUE(object.empty());
}

TEST(Object, find_gives_null_and_at_throws_for_an_absent_key) {
  Object object{{"a", 1}};
  EXPECT_EQ(object.find("b"), nullptr);
  EXPECT_TRUE(object.contains("a"));
  try {
    static_cast<void>(object.at("b"));
    FAIL() << "at of an absent key did not throw";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::not_found);
    EXPECT_STREQ(error.what(), "the object has no member \"b\"");
  }
}

TEST(Object, indexing_adds_a_null) {
  Object object{{"b", 2}};
  EXPECT_TRUE(object["a"].is_null());
  object["c"] = 3;
  EXPECT_EQ(object, (Object{{"a", nullptr}, {"b", 2}, {"c", 3}}));
}

TEST(EstimatedSize, grows_with_what_is_held) {
  EXPECT_EQ(estimated_size_bytes(Value(1)), sizeof(Value));
  EXPECT_EQ(estimated_size_bytes(Value(std::string(1000, 'x'))), sizeof(Value) + 1001);
  EXPECT_EQ(estimated_size_bytes(Value(Bytes{std::vector<std::uint8_t>(100)})), sizeof(Value) + 100);
  EXPECT_EQ(estimated_size_bytes(Value(Array{1, 2, 3})), 4 * sizeof(Value));
  EXPECT_EQ(estimated_size_bytes(Value(Object{{"k", 1}})), 2 * sizeof(Value) + sizeof(std::string));
}

}  // namespace
}  // namespace spark

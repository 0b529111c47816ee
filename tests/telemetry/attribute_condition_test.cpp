// A condition means the same of an Object and of its JSON. What it means is tested by the contract of stores.
#include "telemetry/attribute_condition.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "spark/base/error.h"
#include "spark/base/json.h"
#include "spark/base/random.h"

namespace spark::detail {
namespace {

class RandomAttributes {
 public:
  explicit RandomAttributes(std::uint64_t seed) : random_(seed) {}

  std::uint64_t below(std::uint64_t count) { return random_.next() % count; }
  std::string key() {
    constexpr const char* keys[] = {"a", "b",   "$double", "$bytes", "$object", "$x",
                                    "",  "a\"", "\\",      "é\n",    "{",       "b\":1"};
    return keys[below(std::size(keys))];
  }
  Value value(int depth) {
    const Value values[] = {nullptr,
                            true,
                            false,
                            1,
                            1.0,
                            -1,
                            std::numeric_limits<std::int64_t>::max(),
                            9'223'372'036'854'775'808.0,
                            std::nan(""),
                            -std::numeric_limits<double>::infinity(),
                            5e-324,
                            1e300,
                            "",
                            "NaN",
                            "\"",
                            "\\",
                            "}],{[\":",
                            "é\x01",
                            Bytes{{1, 2}},
                            Bytes{},
                            Array{},
                            Array{1, Object{{"a", "]"}}}};
    if (depth > 0 && below(2) == 0) return object(depth - 1);
    return values[below(std::size(values))];
  }
  Object object(int depth) {
    Object made;
    for (auto count = below(4); count > 0; --count) made.set(key(), value(depth));
    return made;
  }
  AttributeFilter filter() {
    AttributeFilter made{{key()}, static_cast<AttributeOp>(below(5)), value(1)};
    while (below(2) == 0) made.path.push_back(key());
    return made;
  }

 private:
  Random random_;
};

TEST(AttributeCondition, holds_for_json_as_for_the_object) {
  RandomAttributes random(20'250'115);
  int held = 0;
  for (int i = 0; i < 30'000; ++i) {
    const Object object = random.object(3);
    const AttributeCondition condition(random.filter());
    const bool holds = condition.holds(object);
    held += holds ? 1 : 0;
    ASSERT_EQ(condition.holds_in_json(to_json(object)), holds) << "round " << i << ": " << to_json(object);
    ASSERT_EQ(condition.holds_in_json(to_pretty_json(Value(object))), holds) << "round " << i;
  }
  EXPECT_GT(held, 300);
}

TEST(AttributeCondition, reads_what_other_programs_may_have_written) {
  const auto holds = [](const AttributeFilter& filter, std::string_view json) {
    return AttributeCondition(filter).holds_in_json(json);
  };
  EXPECT_TRUE(holds(attribute("a\"b") == 1, R"({"x":2,"a\u0022b":1})"));
  EXPECT_TRUE(holds(attribute("a") == "é", R"({"a":"\u00e9"})"));
  EXPECT_TRUE(holds(attribute("a") == 100.0, R"({"a":1E2})"));
  EXPECT_TRUE(holds(attribute("a") == 18'446'744'073'709'551'615.0, R"({"a":18446744073709551615})"));
}

TEST(AttributeCondition, what_is_no_json_is_an_error_where_it_is_looked_at) {
  const AttributeCondition condition(attribute("a", "b") == 1);
  for (const char* json :
       {"", "{", "{\"", "{\"a\"", "{\"a\":", "{\"x\":1,", "{\"x\" 1}", "{\"x\":{", "{\"x\":[\"]", "{\"a\":{\"b\":x}}",
        "{\"a\":{\"b\":}}", "{\"a\":{\"b\":1e999999}}", "{a:1}", "{\"x\":1 \"a\":2}"}) {
    EXPECT_THROW(static_cast<void>(condition.holds_in_json(json)), Error) << json;
  }
}

TEST(AttributeReader, finds_in_json_what_is_in_the_object) {
  RandomAttributes random(20'250'116);
  int found = 0;
  for (int i = 0; i < 10'000; ++i) {
    const Object object = random.object(3);
    const AttributeReader reader(random.filter().path);
    const Value* expected = reader.find(object);
    found += expected != nullptr ? 1 : 0;
    for (const std::string& json : {to_json(object), to_pretty_json(Value(object))}) {
      const auto actual = reader.find_in_json(json);
      ASSERT_EQ(actual.has_value(), expected != nullptr) << "round " << i << ": " << json;
      // As JSON, in which NaN equals itself.
      if (actual) {
        ASSERT_EQ(to_json(*actual), to_json(*expected)) << "round " << i << ": " << json;
      }
    }
  }
  EXPECT_GT(found, 300) << "the paths lead to next to nothing";
}

TEST(AttributeReader, refuses_a_path_that_is_empty_or_too_long) {
  EXPECT_THROW(AttributeReader(std::vector<std::string>()), Error);
  EXPECT_THROW(AttributeReader(std::vector<std::string>(max_attribute_path + 1)), Error);
}

}  // namespace
}  // namespace spark::detail

#include "spark/graph/condition.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "fakes/numbers.h"
#include "graph/error_text.h"
#include "spark/base/json.h"
#include "spark/base/random.h"
#include "spark/telemetry/attribute_filter.h"
#include "telemetry/attribute_condition.h"

namespace spark {
namespace {

using tests::error_text;

using fakes::nan;

const Object outputs{{"score", 0.5},
                     {"count", 3},
                     {"kind", "text"},
                     {"done", true},
                     {"nothing", nullptr},
                     {"nan", nan},
                     {"tags", Array{"a", 1, 2.5}},
                     {"user", Object{{"age", 30}, {"name", "Ada"}}},
                     {"llm.cost", 0.01},
                     {"back\\slash", 1}};

bool holds(const Condition& condition) { return condition.holds(outputs); }

TEST(Condition, compares_numbers_across_types) {
  EXPECT_TRUE(holds(output("count") == 3.0));
  EXPECT_FALSE(holds(output("count") == 3.5));
  EXPECT_TRUE(holds(output("count") != 4));
  EXPECT_FALSE(holds(output("count") != 3));
  EXPECT_TRUE(holds(output("score") < 1));
  EXPECT_FALSE(holds(output("score") < 0.5));
  EXPECT_TRUE(holds(output("score") <= 0.5));
  EXPECT_TRUE(holds(output("count") <= 3.5));
  EXPECT_FALSE(holds(output("count") <= 2));
  EXPECT_TRUE(holds(output("count") > 2.5));
  EXPECT_FALSE(holds(output("count") > 3));
  EXPECT_TRUE(holds(output("count") >= 3.0));
  EXPECT_FALSE(holds(output("count") >= 3.1));
}

TEST(Condition, compares_large_ints_with_doubles_exactly) {
  const Object large{{"n", std::numeric_limits<std::int64_t>::max()}};
  EXPECT_TRUE((output("n") < 9'223'372'036'854'775'808.0).holds(large));
  EXPECT_FALSE((output("n") >= 9'223'372'036'854'775'808.0).holds(large));
  EXPECT_TRUE((output("n") <= std::numeric_limits<double>::infinity()).holds(large));
}

TEST(Condition, compares_strings_by_their_bytes) {
  EXPECT_TRUE(holds(output("kind") == "text"));
  EXPECT_TRUE(holds(output("kind") < "texts"));
  EXPECT_TRUE(holds(output("kind") <= "text"));
  EXPECT_TRUE(holds(output("kind") >= "text"));
  EXPECT_TRUE(holds(output("kind") > "Text"));
  EXPECT_FALSE(holds(output("kind") > "text"));
}

TEST(Condition, orders_nothing_but_numbers_and_strings) {
  for (const char* path : {"done", "nothing", "tags", "user", "kind"}) {
    const Value* itself = outputs.find(path);
    EXPECT_TRUE(holds(output(path) == *itself)) << path;
    for (const Value& value : {Value(1), path == std::string("kind") ? Value(true) : *itself}) {
      EXPECT_FALSE(holds(output(path) < value)) << path;
      EXPECT_FALSE(holds(output(path) <= value)) << path;
      EXPECT_FALSE(holds(output(path) > value)) << path;
      EXPECT_FALSE(holds(output(path) >= value)) << path;
    }
  }
}

TEST(Condition, finds_nan_only_different) {
  EXPECT_TRUE(holds(output("nan") != nan));
  EXPECT_TRUE(holds(output("nan") != 1));
  for (const Condition& condition : {output("nan") == nan, output("nan") < 1, output("nan") <= nan, output("nan") > 1,
                                     output("nan") >= nan, output("score") <= nan}) {
    EXPECT_FALSE(holds(condition)) << condition.to_string();
  }
}

TEST(Condition, never_takes_a_bool_for_a_number) {
  EXPECT_FALSE(holds(output("done") == 1));
  EXPECT_TRUE(holds(output("done") != 1));
  EXPECT_TRUE(holds(output("done").is_true()));
  EXPECT_FALSE(holds(output("count").is_true()));
}

TEST(Condition, about_a_path_that_leads_to_nothing_never_holds) {
  for (const char* path : {"absent", "user.absent", "kind.length", "tags.0", "nothing.x", "user.age.x"}) {
    for (const Condition& condition :
         {output(path) == nullptr, output(path) != 1, output(path) < 1, output(path) <= 1, output(path) > 1,
          output(path) >= 1, output(path).exists(), output(path).contains(""), output(path).matches("*")}) {
      EXPECT_FALSE(holds(condition)) << condition.to_string();
      EXPECT_TRUE(holds(!condition)) << condition.to_string();
    }
  }
}

TEST(Condition, follows_a_path_through_objects) {
  EXPECT_TRUE(holds(output("user.age") >= 30));
  EXPECT_TRUE(holds(output("user.name") == "Ada"));
  EXPECT_TRUE(holds(output("nothing").exists()));
  EXPECT_TRUE(holds(output(R"(llm\.cost)") > 0));
  EXPECT_FALSE(holds(output("llm.cost").exists()));
  EXPECT_TRUE(holds(output(R"(back\\slash)").exists()));
  const Object with_zero{{std::string("a\0b", 3), 1}};
  EXPECT_TRUE((output(std::string_view("a\0b", 3)) == 1).holds(with_zero));
  EXPECT_FALSE((output("a") == 1).holds(with_zero));
}

TEST(Condition, finds_parts_of_strings_and_elements_of_arrays) {
  EXPECT_TRUE(holds(output("kind").contains("ex")));
  EXPECT_FALSE(holds(output("kind").contains("EX")));
  EXPECT_FALSE(holds(output("kind").contains(1)));
  EXPECT_TRUE(holds(output("tags").contains("a")));
  EXPECT_TRUE(holds(output("tags").contains(1.0)));
  EXPECT_FALSE(holds(output("tags").contains(2)));
  EXPECT_FALSE(holds(output("tags").contains(nan)));
  EXPECT_FALSE(holds(output("user").contains("age")));
}

TEST(Condition, matches_strings_with_globs) {
  EXPECT_TRUE(holds(output("kind").matches("te*")));
  EXPECT_FALSE(holds(output("kind").matches("te")));
  EXPECT_FALSE(holds(output("count").matches("*")));
}

TEST(Condition, combines) {
  const Condition yes = output("count") == 3;
  const Condition no = output("count") == 4;
  EXPECT_TRUE(holds(yes && yes));
  EXPECT_FALSE(holds(yes && no));
  EXPECT_FALSE(holds(no && yes));
  EXPECT_TRUE(holds(yes || no));
  EXPECT_TRUE(holds(no || yes));
  EXPECT_FALSE(holds(no || no));
  EXPECT_FALSE(holds(!yes));
  EXPECT_TRUE(holds(!!yes));
  EXPECT_TRUE(holds((no || yes) && !(no && yes)));
  EXPECT_TRUE(holds(Condition::always()));
  EXPECT_TRUE(holds(Condition()));
  EXPECT_FALSE(holds(!Condition::always()));
  EXPECT_TRUE(Condition::always().is_always());
  EXPECT_FALSE(yes.is_always());
}

TEST(Condition, asks_callables_in_order_and_no_more_than_needed) {
  std::string asked;
  const auto callable = [&asked](const char* name, bool answer) {
    return Condition::callable(name, [&asked, name, answer](const Object&) {
      asked += name;
      return answer;
    });
  };
  EXPECT_FALSE(holds(callable("a", true) && callable("b", false) && callable("c", true)));
  EXPECT_TRUE(holds(callable("d", false) || callable("e", true) || callable("f", true)));
  EXPECT_EQ(asked, "abde");
}

TEST(Condition, gives_callables_the_outputs_and_passes_on_what_they_throw) {
  EXPECT_TRUE(holds(Condition::callable("is_three", [](const Object& o) { return o.at("count").as_int() == 3; })));
  const Condition broken = Condition::callable("broken", [](const Object&) -> bool { throw std::range_error("row"); });
  EXPECT_THROW(static_cast<void>(holds(output("count") == 3 && broken)), std::range_error);
  EXPECT_EQ(error_text([] { static_cast<void>(Condition::callable("", [](const Object&) { return true; })); }),
            "invalid_argument: Condition::callable: the name is empty");
  EXPECT_EQ(error_text([] { static_cast<void>(Condition::callable("f", nullptr)); }),
            "invalid_argument: Condition::callable: \"f\" is an empty function");
}

TEST(Condition, otherwise_stands_alone) {
  const Condition otherwise = Condition::otherwise();
  EXPECT_TRUE(otherwise.is_otherwise());
  EXPECT_FALSE(Condition::always().is_otherwise());
  EXPECT_FALSE((output("a") == 1).is_otherwise());
  EXPECT_TRUE(holds(otherwise));
  const auto refused = [](std::string_view where) {
    return "invalid_argument: " + std::string(where) + ": otherwise cannot be a part of another condition";
  };
  EXPECT_EQ(error_text([&] { static_cast<void>(output("a").exists() && otherwise); }), refused("a && b"));
  EXPECT_EQ(error_text([&] { static_cast<void>(otherwise || output("a").exists()); }), refused("a || b"));
  EXPECT_EQ(error_text([&] { static_cast<void>(!otherwise); }), refused("!a"));
}

TEST(Condition, agrees_with_attribute_filter_about_every_pair_of_values) {
  const std::vector<Value> values = {nullptr, true, 1,          1.0,      0.5,        nan,
                                     "",      "1",  Bytes{{1}}, Array{1}, Array{1.0}, Object{{"a", 1}},
                                     -0.0,    0,    "b",        Array{},  Array{nan}, 1e300};
  for (const Value& actual : values) {
    const Object object{{"v", actual}};
    for (const Value& wanted : values) {
      const auto filter_holds = [&](AttributeFilter filter) {
        return detail::AttributeCondition(std::move(filter)).holds(object);
      };
      const bool equal = filter_holds(attribute("v") == wanted);
      const bool less = filter_holds(attribute("v") < wanted);
      const bool greater = filter_holds(attribute("v") > wanted);
      const bool is_ordered = wanted.is_number() || wanted.is_string();
      const std::string what = to_json(actual) + " and " + to_json(wanted);
      EXPECT_EQ((output("v") == wanted).holds(object), equal) << what;
      EXPECT_EQ((output("v") != wanted).holds(object), filter_holds(attribute("v") != wanted)) << what;
      EXPECT_EQ((output("v") < wanted).holds(object), less) << what;
      EXPECT_EQ((output("v") > wanted).holds(object), greater) << what;
      EXPECT_EQ((output("v") <= wanted).holds(object), is_ordered && (less || equal)) << what;
      EXPECT_EQ((output("v") >= wanted).holds(object), is_ordered && (greater || equal)) << what;
    }
  }
}

TEST(Condition, prints_for_people) {
  const auto yes = [](const Object&) { return true; };
  EXPECT_EQ((output("score") >= 0.5 && !(output("kind") == "text")).to_string(),
            R"(score >= 0.5 and not (kind == "text"))");
  EXPECT_EQ((output("a") < 1 || (output("b").exists() && output("c").contains("x"))).to_string(),
            R"(a < 1 or (b exists and c contains "x"))");
  EXPECT_EQ((output("done").is_true() || output("name").matches("a*")).to_string(),
            R"(done == true or name matches "a*")");
  EXPECT_EQ((Condition::callable("has_room", yes) && Condition::always()).to_string(), "has_room() and always");
  EXPECT_EQ(Condition::callable("has\nroom", yes).to_string(), R"("has\nroom"())");
  EXPECT_EQ((output("user.first name") != Array{1, nullptr}).to_string(), R"("user.first name" != [1,null])");
  EXPECT_EQ(Condition::always().to_string(), "always");
  EXPECT_EQ(Condition::otherwise().to_string(), "otherwise");
}

TEST(Condition, serializes) {
  const auto json = [](const Condition& condition) { return to_json(condition.to_value()); };
  EXPECT_EQ(json(output("score") >= 0.5), R"({"op":">=","path":"score","value":0.5})");
  EXPECT_EQ(json(output("a.b").exists()), R"({"op":"exists","path":"a.b"})");
  EXPECT_EQ(json(output("a") == 1 && output("b") != 2 && output("c") <= 3),
            R"({"all":[{"op":"==","path":"a","value":1},{"op":"!=","path":"b","value":2},)"
            R"({"op":"<=","path":"c","value":3}]})");
  EXPECT_EQ(json(output("a") == nullptr || !Condition::always()),
            R"({"any":[{"op":"==","path":"a","value":null},{"not":{"always":true}}]})");
  EXPECT_EQ(json(Condition::callable("f", [](const Object&) { return true; })), R"({"callable":"f"})");
  EXPECT_EQ(json(Condition::otherwise()), R"({"otherwise":true})");
  EXPECT_EQ(json(Condition::always()), "null");
}

class RandomCondition {
 public:
  explicit RandomCondition(std::uint64_t seed) : random_(seed) {}

  std::uint64_t below(std::uint64_t count) { return random_.next() % count; }
  Value value() {
    const Value values[] = {
        nullptr, true, 1, 1.0, -7, 1e300, "text", "é\n", Bytes{{0, 255}}, Array{1, Array{}}, Object{{"$x", 1}}};
    return values[below(std::size(values))];
  }
  Condition comparison() {
    constexpr const char* paths[] = {"a", "a.b", R"(a\.b)", R"(\\)", "with space", "é"};
    const OutputPath path = output(paths[below(std::size(paths))]);
    switch (below(10)) {
      case 0:
        return path == value();
      case 1:
        return path != value();
      case 2:
        return path < value();
      case 3:
        return path <= value();
      case 4:
        return path > value();
      case 5:
        return path >= value();
      case 6:
        return path.exists();
      case 7:
        return path.contains(value());
      case 8:
        return path.matches("[a-c]*");
      default:
        return Condition::callable("f", [](const Object&) { return true; });
    }
  }
  Condition any(int depth) {
    if (depth == 0 || below(4) == 0) return below(8) == 0 ? Condition::always() : comparison();
    switch (below(3)) {
      case 0:
        return any(depth - 1) && any(depth - 1);
      case 1:
        return any(depth - 1) || any(depth - 1);
      default:
        return !any(depth - 1);
    }
  }

 private:
  Random random_;
};

TEST(Condition, comes_back_from_json_as_it_went) {
  RandomCondition random(20'250'115);
  const ConditionCallables callables{{"f", [](const Object&) { return true; }}};
  for (int round = 0; round < 2'000; ++round) {
    const Condition condition = random.any(6);
    const std::string json = to_json(condition.to_value());
    const Condition back = Condition::from_value(parse_json(json), callables);
    ASSERT_EQ(back, condition) << "round " << round << ": " << json;
    ASSERT_EQ(to_json(back.to_value()), json) << "round " << round;
    ASSERT_EQ(back.to_string(), condition.to_string()) << "round " << round;
    ASSERT_EQ(back.holds(outputs), condition.holds(outputs)) << "round " << round << ": " << json;
  }
  EXPECT_TRUE(Condition::from_value(Condition::otherwise().to_value()).is_otherwise());
  EXPECT_TRUE(Condition::from_value(nullptr).is_always());
  EXPECT_TRUE(Condition::from_value(Object{{"always", true}}).is_always());
}

TEST(Condition, equals_what_asks_the_same) {
  const auto callable = [](const char* name, bool answer) {
    return Condition::callable(name, [answer](const Object&) { return answer; });
  };
  EXPECT_EQ(output("a") == 1, output("a") == 1.0);
  EXPECT_NE(output("a") == 1, output("a") != 1);
  EXPECT_NE(output("a") == 1, output("b") == 1);
  EXPECT_NE(output("a") == 1, Condition::always());
  EXPECT_EQ(callable("f", true), callable("f", false));
  EXPECT_NE(callable("f", true), callable("g", true));
  const Condition with_nan = output("a") != nan;
  EXPECT_NE(with_nan, with_nan);
}

TEST(Condition, calls_the_callable_it_was_given_for_a_name) {
  const ConditionCallables callables{{"is_text", [](const Object& o) { return o.at("kind") == Value("text"); }}};
  const Condition condition = Condition::from_value(parse_json(R"({"not":{"callable":"is_text"}})"), callables);
  EXPECT_FALSE(condition.holds(outputs));
  EXPECT_TRUE(condition.holds({{"kind", "image"}}));
}

TEST(Condition, refuses_what_is_malformed_and_names_the_place) {
  const std::vector<std::pair<const char*, const char*>> cases = {
      {R"({"all":[{"path":"a","op":"exists"},{"path":"a","op":"=>","value":1}]})",
       R"(condition.all[1].op: "=>" is not one of ==, !=, <, <=, >, >=, exists, contains, matches)"},
      {R"("always")", R"(condition: "always" is not an object)"},
      {"[]", "condition: an array is not an object"},
      {"{}", "condition: an object without any of path, all, any, not, callable, always, otherwise"},
      {R"({"op":"=="})", "condition: an object without any of path, all, any, not, callable, always, otherwise"},
      {R"({"path":"a"})", "condition: a comparison without op"},
      {R"({"path":"a","op":7})", "condition.op: 7 is not a string"},
      {R"({"path":"a","op":"=="})", "condition: a comparison without value"},
      {R"({"path":["a"],"op":"exists"})", "condition.path: an array is not a string"},
      {R"({"path":"a","op":"==","value":1,"valu":2})", "condition.valu: there is no such member, only path, op, value"},
      {R"({"path":"a","op":"exists","value":1})", "condition.value: there is no such member, only path, op"},
      {R"({"path":"","op":"exists"})",
       R"(condition.path: "" has an empty key; dots separate keys, and "\." is a dot of a key)"},
      {R"({"path":"a..b","op":"exists"})",
       R"(condition.path: "a..b" has an empty key; dots separate keys, and "\." is a dot of a key)"},
      {R"({"path":"a.","op":"exists"})",
       R"(condition.path: "a." has an empty key; dots separate keys, and "\." is a dot of a key)"},
      {R"({"path":"a\\b","op":"exists"})", R"(condition.path: "a\\b" has a backslash before neither "." nor "\")"},
      {R"({"path":"a\\","op":"exists"})", R"(condition.path: "a\\" has a backslash before neither "." nor "\")"},
      {R"({"not":{"path":"a","op":"matches","value":"[a"}})",
       R"(condition.not.value: the glob "[a" has a [ without its ]; )"
       R"(what is meant literally goes into [ ], as glob_escape() does it)"},
      {R"({"path":"a","op":"matches","value":1})", "condition.value: 1 is not a string"},
      {R"({"all":{}})", "condition.all: an object is not an array"},
      {R"({"all":[]})", "condition.all: there must be one condition or more"},
      {R"({"any":[]})", "condition.any: there must be one condition or more"},
      {R"({"any":[null]})", "condition.any[0]: null is not an object"},
      {R"({"not":null})", "condition.not: null is not an object"},
      {R"({"not":{"any":[{"otherwise":true}]}})",
       "condition.not.any[0].otherwise: otherwise cannot be a part of another condition"},
      {R"({"otherwise":false})", "condition.otherwise: false is not true"},
      {R"({"always":1})", "condition.always: 1 is not true"},
      {R"({"all":[{"always":true}],"any":[{"always":true}]})", "condition.any: there is no such member, only all"},
      {R"({"callable":7})", "condition.callable: 7 is not a string"},
      {R"({"callable":"g"})", R"(condition.callable: there is no callable "g")"},
      {R"({"callable":"e"})", R"(condition.callable: "e" is an empty function)"},
      {R"({"always":true,"a\u0000":1})", R"(condition."a\u0000": there is no such member, only always)"},
  };
  const ConditionCallables callables{{"e", nullptr}};
  for (const auto& [json, message] : cases) {
    EXPECT_EQ(error_text([&] { static_cast<void>(Condition::from_value(parse_json(json), callables)); }),
              std::string("invalid_argument: ") + message)
        << json;
  }
  EXPECT_EQ(error_text([] { static_cast<void>(Condition::from_value(7, {}, "edges[2].condition")); }),
            "invalid_argument: edges[2].condition: 7 is not an object");
}

TEST(Condition, quotes_only_the_beginning_of_what_is_long) {
  const std::string name(1'000'000, 'x');
  EXPECT_EQ(error_text([&] {
              static_cast<void>(Condition::from_value(Object{{"callable", name}}));
            }),
            "invalid_argument: condition.callable: there is no callable \"" + name.substr(0, 100) + "…\"");
}

TEST(OutputPath, refuses_what_a_condition_may_not_be) {
  EXPECT_EQ(error_text([] { static_cast<void>(output(".a")); }),
            R"(invalid_argument: output: ".a" has an empty key; dots separate keys, and "\." is a dot of a key)");
  EXPECT_EQ(error_text([] { static_cast<void>(output("a").matches("[")); }),
            R"(invalid_argument: output("a"): the glob "[" has a [ without its ]; )"
            R"(what is meant literally goes into [ ], as glob_escape() does it)");
  std::string path = "a";
  for (std::size_t i = 1; i < max_attribute_path; ++i) path += ".a";
  EXPECT_FALSE(output(path).exists().holds({{"a", 1}}));
  EXPECT_EQ(error_text([&] { static_cast<void>(output(path + ".a")); }),
            "invalid_argument: output: a path of more than 128 keys");
}

TEST(Condition, is_bounded_in_depth) {
  Condition condition = output("count") == 3;
  Value value = condition.to_value();
  for (int depth = 1; depth < max_condition_depth; ++depth) {
    condition = !condition;
    value = Object{{"not", value}};
  }
  EXPECT_EQ(condition.holds(outputs), max_condition_depth % 2 == 1);
  EXPECT_EQ(condition, Condition::from_value(value));
  EXPECT_EQ(error_text([&] { static_cast<void>(!condition); }),
            "invalid_argument: !a: a condition nested deeper than 20");
  EXPECT_EQ(error_text([&] {
              static_cast<void>(Condition::from_value(Object{{"not", value}}, {}, "c"));
            }),
            "invalid_argument: c.not.not.not.not.not.not.not.not.not.not.not.not.not.not.not.not.not.not.not.not: "
            "a condition nested deeper than 20");
}

TEST(Condition, of_the_greatest_depth_fits_into_json_as_it_is_parsed_by_default) {
  Value value = Array{};
  for (int depth = 1; depth < max_condition_value_depth; ++depth) value = Object{{"$x", value}};
  Condition condition = output("a") == value;
  for (int depth = 1; depth < max_condition_depth; ++depth) {
    condition = depth % 2 == 0 ? condition && output("a").exists() : condition || output("a").exists();
  }
  EXPECT_EQ(Condition::from_value(parse_json(to_json(condition.to_value()))), condition);
}

TEST(Condition, is_bounded_in_what_it_compares_with) {
  Value value = 1;
  for (int depth = 0; depth < max_condition_value_depth; ++depth) value = Array{value};
  EXPECT_TRUE((output("a") == value).holds({{"a", value}}));
  EXPECT_EQ(error_text([&] { static_cast<void>(output("a") == Value(Array{value})); }),
            "invalid_argument: output(\"a\"): nested deeper than 8");
}

// A tree that a recursion over the whole of it would overflow the stack with.
Value deep_value(bool as_condition) {
  Value value = 1;
  for (int depth = 0; depth < 200'000; ++depth) {
    if (as_condition) {
      Object object;
      object.set("not", std::move(value));
      value = std::move(object);
    } else {
      Array array;
      array.push_back(std::move(value));
      value = std::move(array);
    }
  }
  return value;
}

TEST(Condition, withstands_values_of_any_depth) {
  const Value conditions = deep_value(true);
  EXPECT_THROW(static_cast<void>(Condition::from_value(conditions)), Error);
  Object comparison{{"path", "a"}, {"op", "=="}};
  comparison.set("value", deep_value(false));
  const Value comparison_value(std::move(comparison));
  EXPECT_EQ(error_text([&] { static_cast<void>(Condition::from_value(comparison_value)); }),
            "invalid_argument: condition.value: nested deeper than 8");
  Object deep_outputs;
  deep_outputs.set("a", deep_value(false));
  EXPECT_FALSE((output("a") == Array{Array{1}}).holds(deep_outputs));
  EXPECT_FALSE(output("a").contains(Array{1}).holds(deep_outputs));
}

TEST(Condition, is_bounded_in_terms) {
  Condition doubled = output("a") == 1;
  const auto double_it = [&] {
    for (int i = 0; i < 64; ++i) doubled = doubled && doubled;
  };
  EXPECT_EQ(error_text(double_it), "invalid_argument: a && b: a condition of more than 1000 terms");
  Array parts(max_condition_terms, Object{{"always", true}});
  EXPECT_EQ(error_text([&] {
              static_cast<void>(Condition::from_value(Object{{"any", parts}}));
            }),
            "invalid_argument: condition.any[999]: a condition of more than 1000 terms");
  parts.pop_back();
  EXPECT_TRUE(Condition::from_value(Object{{"any", parts}}).holds({}));
}

}  // namespace
}  // namespace spark

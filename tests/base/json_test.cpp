#include "spark/base/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "fakes/numbers.h"
#include "spark/base/error.h"
#include "spark/base/random.h"
#include "spark/base/utf8.h"

namespace spark {
namespace {

using testing::HasSubstr;

using fakes::infinity;
using fakes::nan;

std::string parse_error(std::string_view text, int max_depth = 64) {
  try {
    return "no error, but " + to_json(parse_json(text, max_depth));
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
    return error.what();
  }
}

TEST(JsonWriter, writes_each_type) {
  EXPECT_EQ(to_json(Value()), "null");
  EXPECT_EQ(to_json(Value(true)), "true");
  EXPECT_EQ(to_json(Value(false)), "false");
  EXPECT_EQ(to_json(Value(-42)), "-42");
  EXPECT_EQ(to_json(Value(std::numeric_limits<std::int64_t>::min())), "-9223372036854775808");
  EXPECT_EQ(to_json(Value("text")), R"("text")");
  EXPECT_EQ(to_json(Value(Array{})), "[]");
  EXPECT_EQ(to_json(Value(Array{1, "a", nullptr})), R"([1,"a",null])");
  EXPECT_EQ(to_json(Value(Object{})), "{}");
  EXPECT_EQ(to_json(Object{{"b", 1}, {"a", Object{{"c", true}}}}), R"({"a":{"c":true},"b":1})");
}

TEST(JsonWriter, a_double_always_shows_that_it_is_one) {
  EXPECT_EQ(to_json(Value(1.0)), "1.0");
  EXPECT_EQ(to_json(Value(-0.0)), "-0.0");
  EXPECT_EQ(to_json(Value(0.1)), "0.1");
  EXPECT_EQ(to_json(Value(1e300)), "1e+300");
  EXPECT_EQ(to_json(Value(5e-324)), "5e-324");
  EXPECT_EQ(to_json(Value(9007199254740993.0)), "9007199254740992.0");
}

TEST(JsonWriter, tags_what_json_lacks) {
  EXPECT_EQ(to_json(Value(nan)), R"({"$double":"NaN"})");
  EXPECT_EQ(to_json(Value(infinity)), R"({"$double":"Infinity"})");
  EXPECT_EQ(to_json(Value(-infinity)), R"({"$double":"-Infinity"})");
  EXPECT_EQ(to_json(Value(Bytes{})), R"({"$bytes":""})");
  // RFC 4648, section 10.
  EXPECT_EQ(to_json(Value(Bytes{{'f'}})), R"({"$bytes":"Zg=="})");
  EXPECT_EQ(to_json(Value(Bytes{{'f', 'o'}})), R"({"$bytes":"Zm8="})");
  EXPECT_EQ(to_json(Value(Bytes{{'f', 'o', 'o'}})), R"({"$bytes":"Zm9v"})");
  EXPECT_EQ(to_json(Value(Bytes{{'f', 'o', 'o', 'b', 'a', 'r'}})), R"({"$bytes":"Zm9vYmFy"})");
  EXPECT_EQ(to_json(Value(Bytes{{0xFF, 0xFE, 0xFD}})), R"({"$bytes":"//79"})");
}

TEST(JsonWriter, wraps_a_users_object_that_looks_like_a_tag) {
  EXPECT_EQ(to_json(Object{{"$double", "NaN"}}), R"({"$object":{"$double":"NaN"}})");
  EXPECT_EQ(to_json(Object{{"$ref", 1}}), R"({"$object":{"$ref":1}})");
  EXPECT_EQ(to_json(Object{{"$a", 1}, {"$b", 2}}), R"({"$a":1,"$b":2})");
}

TEST(JsonWriter, escapes_strings) {
  EXPECT_EQ(to_json(Value("\"\\/\b\f\n\r\t")), R"("\"\\/\b\f\n\r\t")");
  EXPECT_EQ(to_json(Value(std::string("a\0b\x1f\x7f", 5))), "\"a\\u0000b\\u001f\x7f\"");
  EXPECT_EQ(to_json(Value("\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80")), "\"\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80\"");
}

TEST(JsonWriter, replaces_what_is_not_utf8) {
  EXPECT_EQ(to_json(Value("a\xFFz")), "\"a\xEF\xBF\xBDz\"");
  EXPECT_EQ(to_json(Value("\xF0\x9F\x98")), "\"\xEF\xBF\xBD\"");
  EXPECT_EQ(to_json(Object{{"\xC0", 1}}), "{\"\xEF\xBF\xBD\":1}");
}

TEST(JsonWriter, appends_to_what_is_there) {
  std::string out = "x=";
  append_json(out, Value(1));
  append_json_string(out, "s");
  append_json_double(out, 2);
  append_json(out, Object{});
  EXPECT_EQ(out, "x=1\"s\"2.0{}");
}

TEST(JsonWriter, pretty_form_is_indented_by_two) {
  EXPECT_EQ(to_pretty_json(Object{{"a", Array{1, Array{}, Object{}}}, {"b", nan}, {"c", Object{{"$d", 1}}}}),
            R"({
  "a": [
    1,
    [],
    {}
  ],
  "b": {"$double":"NaN"},
  "c": {"$object": {
    "$d": 1
  }}
})");
}

TEST(JsonParser, keeps_ints_and_doubles_apart) {
  EXPECT_TRUE(parse_json("1").is_int());
  EXPECT_TRUE(parse_json("1.0").is_double());
  EXPECT_TRUE(parse_json("1e2").is_double());
  EXPECT_EQ(parse_json("9223372036854775807").as_int(), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(parse_json("-9223372036854775808").as_int(), std::numeric_limits<std::int64_t>::min());
  EXPECT_TRUE(std::signbit(parse_json("-0.0").as_double()));
}

TEST(JsonParser, ints_beyond_int64_become_doubles) {
  for (const char* text : {"9223372036854775808", "18446744073709551615", "18446744073709551616",
                           "-9223372036854775809", "123456789012345678901234567890"}) {
    const Value value = parse_json(text);
    ASSERT_TRUE(value.is_double()) << text;
    EXPECT_EQ(value.as_double(), std::stod(text)) << text;
  }
}

TEST(JsonParser, doubles_come_back_exactly) {
  for (const double value : {0.1, 1.0 / 3, 2.2250738585072014e-308, 5e-324, 1.7976931348623157e308, 123456789.123456789,
                             9007199254740991.5, 7.038531e-26, 1e23, 8.41e21, 2.0e-5}) {
    const Value back = parse_json(to_json(Value(value)));
    ASSERT_TRUE(back.is_double());
    EXPECT_EQ(std::bit_cast<std::uint64_t>(back.as_double()), std::bit_cast<std::uint64_t>(value)) << to_json(value);
  }
}

TEST(JsonParser, numbers_too_large_are_an_error_and_too_small_are_zero) {
  EXPECT_THAT(parse_error("1e400"), HasSubstr("exponent overflow"));
  EXPECT_THAT(parse_error("[-1e999999999999]"), HasSubstr("cannot parse JSON: at offset"));
  EXPECT_EQ(parse_json("1e-400").as_double(), 0.0);
  EXPECT_TRUE(std::signbit(parse_json("-1e-400").as_double()));
}

TEST(JsonParser, reads_strings_and_escapes) {
  EXPECT_EQ(parse_json(R"("\u00e4\ud83d\ude00\n\"\/")"), Value("\xC3\xA4\xF0\x9F\x98\x80\n\"/"));
  EXPECT_EQ(parse_json("\"a\\u0000b\""), Value(std::string("a\0b", 3)));
}

TEST(JsonParser, a_repeated_key_keeps_its_last_value) {
  EXPECT_EQ(parse_json(R"({"a":1,"b":2,"a":3})"), Value(Object{{"a", 3}, {"b", 2}}));
}

TEST(JsonParser, says_what_is_wrong_and_where) {
  EXPECT_THAT(parse_error(""), HasSubstr("at offset 0"));
  EXPECT_EQ(parse_error("[1,]"), "cannot parse JSON: at offset 3: syntax error");
  EXPECT_EQ(parse_error("1 2"), "cannot parse JSON: at offset 2: something follows the value");
  for (const char* text :
       {"nul",   "{",           "[",        "\"",     "{\"a\"}",       "01",  "+1", "1.", ".5", "NaN", "'a'", "[1 2]",
        "{1:2}", "\"\\ud800\"", "\"\xFF\"", "\"\n\"", "// comment\n1", "tru", "-",  "1e"}) {
    EXPECT_THAT(parse_error(text), HasSubstr("cannot parse JSON: at offset")) << text;
  }
}

TEST(JsonParser, depth_is_limited) {
  EXPECT_EQ(parse_json("1", 0), Value(1));
  EXPECT_EQ(parse_error("[]", 0), "cannot parse JSON: at offset 0: nested deeper than 0");
  EXPECT_EQ(parse_json("[{}]", 2), Value(Array{Object{}}));
  EXPECT_THAT(parse_error("[{\"a\":[]}]", 2), HasSubstr("nested deeper than 2"));
  const std::string hostile(1'000'000, '[');
  EXPECT_THAT(parse_error(hostile), HasSubstr("nested deeper than 64"));
  EXPECT_EQ(to_json(parse_json(std::string(64, '[') + std::string(64, ']'))),
            std::string(64, '[') + std::string(64, ']'));
}

TEST(JsonTags, come_back_as_what_they_stand_for) {
  EXPECT_TRUE(std::isnan(parse_json(R"({"$double":"NaN"})").as_double()));
  EXPECT_EQ(parse_json(R"([{"$double":"Infinity"},{"$double":"-Infinity"}])"), Value(Array{infinity, -infinity}));
  EXPECT_EQ(parse_json(R"({"a":{"$bytes":"Zm9vYg=="}})"), Value(Object{{"a", Bytes{{'f', 'o', 'o', 'b'}}}}));
  EXPECT_EQ(parse_json(R"({"$object":{"$double":"NaN"}})"), Value(Object{{"$double", "NaN"}}));
}

TEST(JsonTags, nest_in_every_way) {
  const Value cases[] = {
      Object{{"$object", nan}},
      Object{{"$object", Object{{"$double", "NaN"}}}},
      Object{{"$object", Object{{"$object", Object{{"$object", Object{}}}}}}},
      Object{{"$object", Object{{"a", infinity}}}},
      Object{{"$object", Object{}}},
      Object{{"$double", Object{{"$bytes", Bytes{{1}}}}}},
      Object{{"$", Object{{"$", Object{{"$", "$"}}}}}},
      Object{{"$object", 1}, {"$double", "NaN"}},
      Object{{"plain", Object{{"$bytes", "Zg=="}}}},
      Array{Object{{"$object", Array{Object{{"$object", infinity}}}}}},
  };
  for (const Value& value : cases) {
    const std::string text = to_json(value);
    const Value back = parse_json(text);
    EXPECT_EQ(to_json(back), text);
    // The first case holds a NaN, which equals nothing.
    if (text.find("NaN") == std::string::npos) {
      EXPECT_EQ(back, value) << text;
    }
  }
  EXPECT_TRUE(std::isnan(parse_json(to_json(cases[0])).as_object().at("$object").as_double()));
  EXPECT_EQ(parse_json(to_json(cases[1])), cases[1]);
  EXPECT_EQ(parse_json(to_json(cases[7])), cases[7]);
}

TEST(JsonTags, what_only_resembles_a_tag_stays_an_object) {
  EXPECT_EQ(parse_json(R"({"$ref":"#/defs/a"})"), Value(Object{{"$ref", "#/defs/a"}}));
  EXPECT_EQ(parse_json(R"({"$double":"nan"})"), Value(Object{{"$double", "nan"}}));
  EXPECT_EQ(parse_json(R"({"$double":1.5})"), Value(Object{{"$double", 1.5}}));
  EXPECT_EQ(parse_json(R"({"$object":[1]})"), Value(Object{{"$object", Array{1}}}));
  for (const char* text : {"Zg", "Zg=", "Z===", "====", "Zg=v", "Zm9v\\n", "Zm 9v==="}) {
    const Value value = parse_json("{\"$bytes\":\"" + std::string(text) + "\"}");
    EXPECT_TRUE(value.is_object()) << text;
  }
}

// A random Value of every type. Strings are well-formed, because ill-formed ones are repaired on purpose.
class ValueMaker {
 public:
  explicit ValueMaker(std::uint64_t seed) : random_(seed) {}

  Value make(int depth) {
    switch (random_.next() % (depth > 0 ? 9 : 7)) {
      case 0:
        return {};
      case 1:
        return random_.next() % 2 == 0;
      case 2:
        return static_cast<std::int64_t>(random_.next() >> (random_.next() % 64));
      case 3:
        return std::bit_cast<double>(random_.next());  // now and then a NaN or an infinity
      case 4:
        return number();
      case 5:
        return text();
      case 6:
        return bytes();
      case 7:
        return array(depth);
      default:
        return object(depth);
    }
  }

 private:
  Value number() {
    const double numbers[] = {nan, infinity, -infinity, 0.0, -0.0, 1.0, 5e-324, 1.5, 9007199254740993.0};
    return numbers[random_.next() % std::size(numbers)];
  }
  std::string text() {
    std::string raw;
    for (auto size = random_.next() % 12; size > 0; --size) raw.push_back(static_cast<char>(random_.next()));
    std::string text;
    append_storable_utf8(text, raw);
    if (random_.next() % 4 == 0) text.append("\0\x01\"\\\xF0\x9F\x98\x80", 8);
    return text;
  }
  Bytes bytes() {
    Bytes bytes;
    for (auto size = random_.next() % 9; size > 0; --size) {
      bytes.octets.push_back(static_cast<std::uint8_t>(random_.next()));
    }
    return bytes;
  }
  Array array(int depth) {
    Array array;
    for (auto size = random_.next() % 4; size > 0; --size) array.push_back(make(depth - 1));
    return array;
  }
  Object object(int depth) {
    const char* const tags[] = {"$object", "$double", "$bytes", "$", "$x"};
    Object object;
    for (auto size = random_.next() % 4; size > 0; --size) {
      const bool is_tag = random_.next() % 3 != 0;
      object.set(is_tag ? tags[random_.next() % std::size(tags)] : text(), make(depth - 1));
    }
    return object;
  }

  Random random_;
};

// As ==, but a NaN is the same as a NaN, an int is not the same as a double, and -0 is not the same as 0.
bool same(const Value& a, const Value& b) {
  if (a.type() != b.type()) return false;
  if (a.is_double()) {
    return (std::isnan(a.as_double()) && std::isnan(b.as_double())) ||
           std::bit_cast<std::uint64_t>(a.as_double()) == std::bit_cast<std::uint64_t>(b.as_double());
  }
  if (a.is_array()) return std::ranges::equal(a.as_array(), b.as_array(), same);
  if (a.is_object()) {
    return std::ranges::equal(a.as_object(), b.as_object(), [](const auto& left, const auto& right) {
      return left.key == right.key && same(left.value, right.value);
    });
  }
  return a == b;
}

TEST(JsonRoundTrip, brings_back_random_values_of_every_type) {
  for (std::uint64_t seed = 1; seed <= 20'000; ++seed) {
    const Value value = ValueMaker(seed).make(5);
    const std::string text = to_json(value);
    ASSERT_TRUE(same(parse_json(text), value)) << "seed " << seed << ": " << text;
    ASSERT_TRUE(same(parse_json(to_pretty_json(value)), value)) << "seed " << seed << ": " << text;
  }
}

TEST(JsonParser, damaged_text_is_refused_or_read_but_never_more) {
  for (std::uint64_t seed = 1; seed <= 20'000; ++seed) {
    Random random(seed);
    std::string text = to_json(ValueMaker(seed).make(4));
    for (auto changes = 1 + random.next() % 3; changes > 0 && !text.empty(); --changes) {
      const auto place = random.next() % text.size();
      if (random.next() % 3 == 0) {
        text.resize(place);
      } else {
        text[place] = "{}[]\",:\\0e-.$ \xFFu"[random.next() % 17];
      }
    }
    // An exact heap buffer, so that a read past the end is found by the address sanitizer.
    const std::vector<char> exact(text.begin(), text.end());
    try {
      const Value value = parse_json({exact.data(), exact.size()});
      ASSERT_TRUE(same(parse_json(to_json(value)), value)) << "seed " << seed << ": " << text;
    } catch (const Error& error) {
      ASSERT_EQ(error.code(), ErrorCode::invalid_argument) << "seed " << seed;
    }
  }
}

}  // namespace
}  // namespace spark

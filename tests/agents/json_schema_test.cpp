// What a JSON schema allows, and what of it is understood.
#include "spark/agents/json_schema.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "fakes/numbers.h"
#include "spark/base/error.h"
#include "spark/base/json.h"

namespace spark {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

Object schema_of(const std::string& json) { return parse_json(json).as_object(); }

std::string faults_of(const std::string& schema, const Value& value) {
  const Object object = schema_of(schema);
  check_schema(object);
  std::string all;
  for (const std::string& fault : schema_faults(object, value)) all += (all.empty() ? "" : "; ") + fault;
  return all;
}

struct SchemaCase {
  std::string schema;
  std::string value;
  std::string faults;  // "": none
};

TEST(JsonSchema, says_what_is_wrong_and_where) {
  const std::vector<SchemaCase> cases{
      {R"({})", R"([1,{"a":null}])", ""},
      {R"({"type":"null"})", "null", ""},
      {R"({"type":"null"})", "0", "the value must be null"},
      {R"({"type":"boolean"})", "true", ""},
      {R"({"type":"boolean"})", "1", "the value must be true or false"},
      {R"({"type":"integer"})", "3", ""},
      {R"({"type":"integer"})", "3.0", ""},
      {R"({"type":"integer"})", "3.5", "the value must be a whole number"},
      {R"({"type":"integer"})", "true", "the value must be a whole number"},
      {R"({"type":"number"})", "3", ""},
      {R"({"type":"number"})", "-2.5e3", ""},
      {R"({"type":"number"})", R"("3")", "the value must be a number"},
      {R"({"type":"string"})", R"("")", ""},
      {R"({"type":"string"})", "null", "the value must be a string"},
      {R"({"type":"array"})", "[]", ""},
      {R"({"type":"array"})", "{}", "the value must be an array"},
      {R"({"type":"object"})", "{}", ""},
      {R"({"type":"object"})", "[]", "the value must be an object"},
      {R"({"type":["string","null"]})", "null", ""},
      {R"({"type":["string","null"]})", "1", "the value must be a string or null"},
      {R"({"enum":["c","f",1]})", R"("f")", ""},
      {R"({"enum":["c","f",1]})", "1.0", ""},
      {R"({"enum":["c","f",1]})", R"("k")", R"(the value must be one of "c", "f", 1)"},
      {R"({"enum":[[1,2]]})", "[1,2]", ""},
      {R"({"const":"x"})", R"("x")", ""},
      {R"({"const":"x"})", R"("y")", R"(the value must be "x")"},
      {R"({"minimum":1,"maximum":14})", "1", ""},
      {R"({"minimum":1,"maximum":14})", "14", ""},
      {R"({"minimum":1,"maximum":14})", "0", "the value must be at least 1"},
      {R"({"minimum":1,"maximum":14})", "15", "the value must be at most 14"},
      {R"({"minimum":1})", R"("of no number")", ""},
      {R"({"exclusiveMinimum":0,"exclusiveMaximum":1})", "0.5", ""},
      {R"({"exclusiveMinimum":0})", "0", "the value must be more than 0"},
      {R"({"exclusiveMaximum":1})", "1", "the value must be less than 1"},
      {R"({"minLength":2,"maxLength":3})", R"("äöü")", ""},
      {R"({"minLength":2})", R"("ä")", "the value must have at least 2 characters"},
      {R"({"maxLength":3})", R"("äöüß")", "the value must have at most 3 characters"},
      {R"({"minItems":1,"maxItems":2})", "[1]", ""},
      {R"({"minItems":1})", "[]", "the value must have at least 1 elements"},
      {R"({"maxItems":2})", "[1,2,3]", "the value must have at most 2 elements"},
      {R"({"items":{"type":"integer"}})", "[1,2]", ""},
      {R"({"items":{"type":"integer"}})", R"([1,"2",3.5])", "/1 must be a whole number; /2 must be a whole number"},
      {R"({"items":false})", "[1]", "/0 must not be there"},
      {R"({"properties":{"a":{"type":"integer"}}})", R"({"b":1})", ""},
      {R"({"properties":{"a":{"type":"integer"}}})", R"({"a":"1"})", "/a must be a whole number"},
      {R"({"required":["a","b"]})", R"({"a":1})", "/b is missing"},
      {R"({"properties":{"a":true},"additionalProperties":false})", R"({"a":1,"b":2})", "/b must not be there"},
      {R"({"additionalProperties":{"type":"string"}})", R"({"a":1})", "/a must be a string"},
      {R"({"properties":{"a/b":{"properties":{"c~":{"type":"null"}}}}})", R"({"a/b":{"c~":1}})",
       "/a~1b/c~0 must be null"},
      {R"({"anyOf":[{"type":"string"},{"type":"null"}]})", "null", ""},
      {R"({"anyOf":[{"type":"string"},{"type":"null"}]})", "1",
       "the value is none of what is allowed (the value must be a string; the value must be null)"},
      {R"({"allOf":[{"minimum":1},{"maximum":3}]})", "2", ""},
      {R"({"allOf":[{"minimum":1},{"maximum":3}]})", "4", "the value must be at most 3"},
      {R"({"oneOf":[{"minimum":1},{"maximum":3}]})", "4", ""},
      {R"({"oneOf":[{"minimum":1},{"maximum":3}]})", "2", "the value is several of what must be only one"},
      {R"({"$defs":{"n":{"type":"integer"}},"items":{"$ref":"#/$defs/n"}})", "[1]", ""},
      {R"({"$defs":{"n":{"type":"integer"}},"items":{"$ref":"#/$defs/n"}})", "[true]", "/0 must be a whole number"},
      {R"({"$defs":{"a/b":{"type":"integer"}},"$ref":"#/$defs/a~1b"})", "null", "the value must be a whole number"},
      {R"({"title":"t","description":"d","format":"date","default":1,"x-own":2,"$schema":"s","examples":[]})", "1", ""},
      {R"({"$comment":"c","$id":"i","readOnly":true,"writeOnly":true,"deprecated":true,"definitions":{}})", "1", ""},
      {R"({"contentEncoding":"base64","contentMediaType":"text/plain"})", "1", ""},
  };
  for (const SchemaCase& each : cases) {
    EXPECT_EQ(faults_of(each.schema, parse_json(each.value)), each.faults) << each.schema << " of " << each.value;
  }
}

TEST(JsonSchema, of_a_tree_refers_to_itself) {
  const std::string tree = R"({"$defs":{"node":{"type":"object","properties":{"children":{"type":"array",
      "items":{"$ref":"#/$defs/node"}}},"additionalProperties":false}},"$ref":"#/$defs/node"})";
  EXPECT_EQ(faults_of(tree, parse_json(R"({"children":[{},{"children":[]}]})")), "");
  EXPECT_EQ(faults_of(tree, parse_json(R"({"children":[{},{"children":[{"x":1}]}]})")),
            "/children/1/children/0/x must not be there");
}

TEST(JsonSchema, references_that_go_round_in_a_circle_end_with_a_fault) {
  const std::string cannot = "the value cannot be checked: the schema goes round in a circle, or takes too long";
  EXPECT_EQ(faults_of(R"({"$defs":{"a":{"$ref":"#/$defs/b"},"b":{"$ref":"#/$defs/a"}},"$ref":"#/$defs/a"})", 1),
            cannot);
  // Each alternative has two: without a bound it would take until the end of time.
  EXPECT_EQ(faults_of(R"({"$defs":{"a":{"anyOf":[{"$ref":"#/$defs/b"},{"$ref":"#/$defs/b"}]},
      "b":{"allOf":[{"$ref":"#/$defs/a"},{"$ref":"#/$defs/a"}]}},"$ref":"#/$defs/a"})",
                      1),
            cannot);
}

TEST(JsonSchema, alternatives_that_multiply_are_given_up) {
  std::string schema = R"({"$defs":{"s0":{"type":"null"})";
  for (int i = 1; i <= 30; ++i) {
    const std::string before = R"({"$ref":"#/$defs/s)" + std::to_string(i - 1) + "\"}";
    schema += ",\"s" + std::to_string(i) + R"(":{"oneOf":[)" + before + "," + before + "]}";
  }
  EXPECT_THAT(faults_of(schema + R"(},"$ref":"#/$defs/s30"})", 1), HasSubstr("takes too long"));
}

TEST(JsonSchema, a_large_value_is_checked_to_its_end) {
  const std::string schema =
      R"({"$defs":{"n":{"anyOf":[{"type":"null"},{"type":"integer"}]}},"items":{"$ref":"#/$defs/n"}})";
  Array many(250'000, Value(1));
  EXPECT_EQ(faults_of(schema, many), "");
  EXPECT_EQ(faults_of(R"({"items":{"type":"integer"}})", many), "");
  many.emplace_back("x");
  EXPECT_THAT(faults_of(schema, many), HasSubstr("/250000 is none of what is allowed"));
}

TEST(JsonSchema, tells_at_most_ten_faults) {
  const Object schema = schema_of(R"({"items":{"type":"null"}})");
  const Array many(1'000, Value(1));
  EXPECT_THAT(schema_faults(schema, many), SizeIs(10));
}

TEST(JsonSchema, what_json_does_not_have_is_of_no_type) {
  EXPECT_EQ(faults_of(R"({"type":"number"})", fakes::nan), "the value must be a number");
  EXPECT_EQ(faults_of(R"({"type":"integer"})", fakes::infinity), "the value must be a whole number");
  EXPECT_EQ(faults_of(R"({"type":["string","array","object"]})", Bytes{{1}}),
            "the value must be a string or an array or an object");
  EXPECT_EQ(faults_of(R"({"minimum":0})", fakes::nan), "the value must be at least 0");
}

TEST(JsonSchema, a_long_name_is_cut_in_what_is_told) {
  const std::string name(1'000, 'x');
  Object object;
  object.set(name, 1);
  EXPECT_THAT(schema_faults(schema_of(R"({"additionalProperties":false})"), object),
              ElementsAre("/" + std::string(100, 'x') + "… must not be there"));
}

TEST(JsonSchema, what_is_no_schema_or_not_understood_is_refused) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {R"({"pattern":"a"})", R"(the JSON schema: the keyword "pattern" is not understood)"},
      {R"({"maxLenght":3})", R"(the JSON schema: the keyword "maxLenght" is not understood)"},
      {R"({"uniqueItems":true})", R"(the JSON schema: the keyword "uniqueItems" is not understood)"},
      {R"({"items":{"not":{}}})", R"(the JSON schema at /items: the keyword "not" is not understood)"},
      {R"({"type":"int"})", R"(the JSON schema at /type: "int" is no type, which are null, boolean, )"},
      {R"({"type":[]})", "the JSON schema at /type: it must not be empty"},
      {R"({"type":["string",1]})", "the JSON schema at /type: 1 is no type"},
      {R"({"enum":[]})", "the JSON schema at /enum: it must be an array that is not empty"},
      {R"({"anyOf":[]})", "the JSON schema at /anyOf: it must be an array that is not empty"},
      {R"({"anyOf":[{},1]})", "the JSON schema at /anyOf/1: 1 is no schema, which is an object or a bool"},
      {R"({"properties":[]})", "the JSON schema at /properties: it must be an object"},
      {R"({"properties":{"a/b":{"items":1}}})", "the JSON schema at /properties/a~1b/items: 1 is no schema"},
      {R"({"required":["a",1]})", "the JSON schema at /required: it must be an array of strings"},
      {R"({"minimum":"1"})", "the JSON schema at /minimum: it must be a number"},
      {R"({"minimum":{"$double":"NaN"}})", "the JSON schema at /minimum: it must be a number"},
      {R"({"maxLength":-1})", "the JSON schema at /maxLength: it must be a whole number that is not negative"},
      {R"({"maxItems":1.5})", "the JSON schema at /maxItems: it must be a whole number that is not negative"},
      {R"({"$ref":1})", "the JSON schema at /$ref: it must be a string"},
      {R"({"$ref":"#/$defs/a"})", R"(the JSON schema at /$ref: "#/$defs/a" is not "#/$defs/…" with a name)"},
      {R"({"$defs":{"a":{}},"$ref":"#/definitions/a"})", R"(the JSON schema at /$ref: "#/definitions/a" is not)"},
      {R"({"$defs":{"a":{"if":{}}}})", R"(the JSON schema at /$defs/a: the keyword "if" is not understood)"},
  };
  for (const auto& [schema, message] : cases) {
    try {
      check_schema(schema_of(schema));
      ADD_FAILURE() << schema << " was accepted";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
      EXPECT_THAT(error.what(), HasSubstr(message));
    }
  }
}

TEST(JsonSchema, one_that_is_nested_too_deep_is_refused) {
  Object schema;
  for (int i = 0; i < 10'000; ++i) {
    Object outer;
    outer.set("items", std::move(schema));
    schema = std::move(outer);
  }
  EXPECT_THROW(check_schema(schema), Error);
}

}  // namespace
}  // namespace spark

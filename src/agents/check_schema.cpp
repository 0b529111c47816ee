#include <algorithm>
#include <string>

#include "agents/schema_words.h"
#include "graph/malformed.h"
#include "spark/agents/json_schema.h"
#include "spark/base/error.h"

namespace spark {

namespace {

using detail::SchemaWord;

// Deeper ones would be written as JSON that no provider reads.
constexpr int most_schema_depth = 64;

class SchemaChecker {
 public:
  explicit SchemaChecker(const Object& root) : root_(root) {}

  void check_root() const { check_members(root_, "", 0); }

 private:
  [[noreturn]] static void refuse(const std::string& place, const std::string& what) {
    throw Error(ErrorCode::invalid_argument,
                "the JSON schema" + (place.empty() ? std::string() : " at " + place) + ": " + what);
  }

  void check_schema_at(const Value& schema, const std::string& place, int depth) const {
    if (schema.is_bool()) return;
    if (!schema.is_object()) refuse(place, detail::shown(schema) + " is no schema, which is an object or a bool");
    check_members(schema.as_object(), place, depth);
  }

  void check_members(const Object& schema, const std::string& place, int depth) const {
    if (depth > most_schema_depth) refuse(place, "it is nested too deep");
    for (const auto& [keyword, value] : schema) {
      const auto word = detail::schema_word(keyword);
      if (!word) refuse(place, "the keyword " + detail::quoted(keyword) + " is not understood");
      check_keyword(*word, value, place + detail::pointer_step(keyword), depth);
    }
  }

  void check_keyword(SchemaWord word, const Value& value, const std::string& place, int depth) const {
    switch (word) {
      case SchemaWord::annotation:
      case SchemaWord::any_value:
        return;
      case SchemaWord::type:
        return check_type(value, place);
      case SchemaWord::schema:
        return check_schema_at(value, place, depth + 1);
      case SchemaWord::schema_list:
        return check_list(value, place, depth);
      case SchemaWord::schema_map:
        return check_map(value, place, depth);
      case SchemaWord::values:
        if (!value.is_array() || value.as_array().empty()) refuse(place, "it must be an array that is not empty");
        return;
      case SchemaWord::names:
        return check_names(value, place);
      case SchemaWord::number:
        // NaN is no number, and nothing is more or less than it.
        if (!value.is_number() || value.as_double() != value.as_double()) refuse(place, "it must be a number");
        return;
      case SchemaWord::count:
        if (!value.is_int() || value.as_int() < 0) refuse(place, "it must be a whole number that is not negative");
        return;
      case SchemaWord::reference:
        return check_reference(value, place);
    }
  }

  static void check_type(const Value& value, const std::string& place) {
    const auto check_name = [&place](const Value& name) {
      if (!name.is_string() || !detail::is_schema_type(name.as_string())) {
        refuse(place,
               detail::shown(name) + " is no type, which are null, boolean, integer, number, string, array, object");
      }
    };
    if (!value.is_array()) return check_name(value);
    if (value.as_array().empty()) refuse(place, "it must not be empty");
    for (const Value& name : value.as_array()) check_name(name);
  }

  void check_list(const Value& value, const std::string& place, int depth) const {
    if (!value.is_array() || value.as_array().empty()) refuse(place, "it must be an array that is not empty");
    const Array& schemas = value.as_array();
    for (std::size_t i = 0; i < schemas.size(); ++i) {
      check_schema_at(schemas[i], place + "/" + std::to_string(i), depth + 1);
    }
  }

  void check_map(const Value& value, const std::string& place, int depth) const {
    if (!value.is_object()) refuse(place, "it must be an object");
    for (const auto& [name, schema] : value.as_object()) {
      check_schema_at(schema, place + detail::pointer_step(name), depth + 1);
    }
  }

  static void check_names(const Value& value, const std::string& place) {
    const auto is_name = [](const Value& name) { return name.is_string(); };
    if (!value.is_array() || !std::all_of(value.as_array().begin(), value.as_array().end(), is_name)) {
      refuse(place, "it must be an array of strings");
    }
  }

  void check_reference(const Value& value, const std::string& place) const {
    if (!value.is_string()) refuse(place, "it must be a string");
    if (detail::find_definition(root_, value.as_string()) == nullptr) {
      refuse(place, detail::quoted(value.as_string()) + " is not \"#/$defs/…\" with a name that is there");
    }
  }

  const Object& root_;
};

}  // namespace

void check_schema(const Object& schema) { SchemaChecker(schema).check_root(); }

}  // namespace spark

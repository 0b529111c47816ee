// Attribute filters as SQL on jsonb. Comparison there is by decimals, which is exact since doubles are written so that
// they can be told apart; strings are compared by their bytes, which the server would do by a collation.

#include "backends/postgresql/select.h"
#include "spark/base/json.h"
#include "telemetry/attribute_condition.h"

namespace spark::detail::postgresql {
namespace {

constexpr const char* infinite = "'{\"$double\": \"Infinity\"}'::jsonb";
constexpr const char* minus_infinite = "'{\"$double\": \"-Infinity\"}'::jsonb";

std::string json_of(const Value& value) {
  std::string json;
  append_column_json(json, value);
  return json;
}

// {"a": {"b": value}}, which the GIN index finds; empty where a key may stand for something else.
std::string containment(const std::vector<std::string>& path, const std::string& json) {
  std::string out;
  for (const std::string& key : path) {
    if (key.starts_with('$')) return {};
    out.push_back('{');
    append_json_string(out, key);
    out.push_back(':');
  }
  out += json;
  out.append(path.size(), '}');
  return out;
}

std::string equal(Parameters& parameters, const std::string& actual, const AttributeFilter& filter) {
  if (holds_nan(filter.value) || !is_storable(filter.value)) return "false";
  const std::string json = json_of(filter.value);
  std::string condition = actual + " = " + parameters.bind_json(json);
  // What follows from it is what an index answers.
  const std::string contained = containment(filter.path, json);
  if (!contained.empty()) condition = "attributes @> " + parameters.bind_json(contained) + " AND " + condition;
  return "(" + condition + ")";
}

std::string not_equal(Parameters& parameters, const std::string& actual, const Value& value) {
  if (holds_nan(value) || !is_storable(value)) return actual + " IS NOT NULL";
  return actual + " <> " + parameters.bind_json(json_of(value));
}

std::string ordered(Parameters& parameters, const std::string& actual, AttributeOp op, const Value& value) {
  const bool is_less = op == AttributeOp::less;
  const std::string sign = is_less ? " < " : " > ";
  const std::string type = "jsonb_typeof(" + actual + ")";
  if (value.is_string()) {
    return "CASE WHEN " + type + " = 'string' THEN convert_to(" + actual + " #>> '{}', 'UTF8')" + sign +
           parameters.bind_bytes(value.as_string()) + " ELSE false END";
  }
  if (!value.is_number() || holds_nan(value)) return "false";
  // What lies beyond all finite numbers in the direction asked for.
  const std::string beyond = actual + " = " + (is_less ? minus_infinite : infinite);
  if (value.is_double() && std::isinf(value.as_double())) {
    const bool is_beyond_itself = is_less == (value.as_double() < 0);
    return is_beyond_itself ? "false" : "(" + type + " = 'number' OR " + beyond + ")";
  }
  return "((" + type + " = 'number' AND " + actual + sign + parameters.bind_json(json_of(value)) + ") OR " + beyond +
         ")";
}

}  // namespace

std::string attribute_at(Parameters& parameters, const std::vector<std::string>& path) {
  static_cast<void>(AttributeReader(path));  // refuses what is no path
  std::string sql = "attributes";
  for (const std::string& key : path) {
    if (!is_storable(std::string_view(key))) return "NULL::jsonb";
    const std::string bound = parameters.bind(std::string_view(key));
    sql = key.starts_with('$') ? "spark_member(" + sql + ", " + bound + ")" : "(" + sql + " -> " + bound + ")";
  }
  return sql;
}

std::string attribute_condition(Parameters& parameters, const AttributeFilter& filter) {
  const std::string actual = attribute_at(parameters, filter.path);
  switch (filter.op) {
    case AttributeOp::equal:
      return equal(parameters, actual, filter);
    case AttributeOp::not_equal:
      return not_equal(parameters, actual, filter.value);
    case AttributeOp::less:
    case AttributeOp::greater:
      return ordered(parameters, actual, filter.op, filter.value);
    case AttributeOp::exists:
      break;
  }
  return actual + " IS NOT NULL";
}

}  // namespace spark::detail::postgresql

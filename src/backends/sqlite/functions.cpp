#include "backends/sqlite/functions.h"

#include <exception>

#include "backends/sqlite/encoding.h"

namespace spark::detail::sqlite {
namespace {

Functions& self(sqlite3_context* context) noexcept { return *static_cast<Functions*>(sqlite3_user_data(context)); }

}  // namespace

std::string_view text_of(sqlite3_value* value) noexcept {
  const void* data = sqlite3_value_blob(value);
  if (data == nullptr) return {};
  return {static_cast<const char*>(data), static_cast<std::size_t>(sqlite3_value_bytes(value))};
}

Functions::Functions(Connection& connection) {
  using Function = void (*)(sqlite3_context*, int, sqlite3_value**);
  const auto add = [&](const char* name, int arguments, int flags, Function function) {
    const int added = sqlite3_create_function_v2(connection.handle(), name, arguments, SQLITE_UTF8 | flags, this,
                                                 function, nullptr, nullptr, nullptr);
    if (added != SQLITE_OK) connection.fail(added, "add functions to it");
  };
  // The first two are no functions of their arguments alone, so SQLite must not compute them once for all.
  add("spark_name", 1, 0, &Functions::match_name);
  add("spark_attribute", 2, 0, &Functions::match_attribute);
  add("spark_duration", 2, SQLITE_DETERMINISTIC, &Functions::compute_duration);
}

void Functions::set(const std::optional<std::string>& name, const std::vector<AttributeFilter>& attributes) {
  name_ = name ? std::optional<Glob>(*name) : std::nullopt;
  attributes_ = attribute_conditions(attributes);
}

void Functions::match_name(sqlite3_context* context, int, sqlite3_value** arguments) {
  const auto& glob = self(context).name_;
  sqlite3_result_int(context, glob && glob->matches(text_of(arguments[0])) ? 1 : 0);
}

void Functions::match_attribute(sqlite3_context* context, int, sqlite3_value** arguments) {
  const auto& conditions = self(context).attributes_;
  const auto number = static_cast<std::size_t>(sqlite3_value_int64(arguments[1]));
  // No exception may pass through SQLite.
  try {
    const bool holds = number < conditions.size() && conditions[number].holds_in_json(text_of(arguments[0]));
    sqlite3_result_int(context, holds ? 1 : 0);
  } catch (const std::bad_alloc&) {
    sqlite3_result_error_nomem(context);
  } catch (const std::exception& error) {
    sqlite3_result_error(context, error.what(), -1);
  }
}

void Functions::compute_duration(sqlite3_context* context, int, sqlite3_value** arguments) {
  if (sqlite3_value_type(arguments[1]) == SQLITE_NULL) {
    sqlite3_result_int64(context, 0);
    return;
  }
  sqlite3_result_int64(context, duration_of(sqlite3_value_int64(arguments[0]), sqlite3_value_int64(arguments[1])));
}

}  // namespace spark::detail::sqlite

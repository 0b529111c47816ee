#include "backends/sqlite/aggregate_function.h"

#include "backends/sqlite/encoding.h"
#include "backends/sqlite/functions.h"
#include "spark/base/error.h"
#include "telemetry/group_key.h"

namespace spark::detail::sqlite {
namespace {

// Runs what reads a column: what does not parse is not what was written.
template <class Read>
auto reading(const Read& read) {
  try {
    return read();
  } catch (const Error& error) {
    throw Error(ErrorCode::corrupt, std::string("a row cannot be read: ") + error.what());
  }
}

}  // namespace

void RowTally::add(sqlite3_value** arguments) {
  constexpr int first_key = 3;
  key_.clear();
  int argument = first_key;
  for (const AggregatePlan::Key& key : plan_.keys()) append_key(key, arguments[argument++]);
  const bool is_error = sqlite3_value_int64(arguments[0]) == columns_.failed_status;
  measure(state_.count(key_, is_error), arguments[1], arguments[2]);
}

void RowTally::append_key(const AggregatePlan::Key& key, sqlite3_value* column) {
  if (key.attribute) {
    const auto value = reading([&] { return key.attribute->find_in_json(text_of(column)); });
    return value ? detail::append_key(key_, *value) : append_key_null(key_);
  }
  if (sqlite3_value_type(column) == SQLITE_NULL) return append_key_null(key_);
  const std::int64_t number = sqlite3_value_int64(column);
  append_key_integer(key_, key.field == GroupBy::Field::time ? bucket_begin(number, key.width_ns) : number);
}

void RowTally::measure(AggregateState::Entry& entry, sqlite3_value* measured, sqlite3_value* distribution) {
  if (const AttributeReader* attribute = plan_.measure()) {
    const auto value = reading([&] { return attribute->find_in_json(text_of(measured)); });
    return state_.measure(entry, value ? &*value : nullptr);
  }
  if (sqlite3_value_type(distribution) != SQLITE_NULL) {
    return state_.measure(entry, reading([&] { return distribution_from_json(text_of(distribution)); }));
  }
  // NULL is NaN, or a trace without an end.
  if (sqlite3_value_type(measured) == SQLITE_NULL) return;
  switch (columns_.measured) {
    case Measured::nothing:
      return;
    case Measured::nanoseconds:
      return state_.measure(entry, static_cast<double>(sqlite3_value_int64(measured)) / 1e9);
    case Measured::number:
      return state_.measure(entry, sqlite3_value_double(measured));
  }
}

AggregateFunction::AggregateFunction(Connection& connection) {
  constexpr int any_number = -1;
  const int added = sqlite3_create_function_v2(connection.handle(), "spark_aggregate", any_number, SQLITE_UTF8, this,
                                               nullptr, &AggregateFunction::step, &AggregateFunction::finish, nullptr);
  if (added != SQLITE_OK) connection.fail(added, "add functions to it");
}

void AggregateFunction::run(Statement& statement, RowTally& tally) {
  tally_ = &tally;
  failure_ = nullptr;
  try {
    statement.run();
  } catch (const Error&) {
    // SQLite only knows that the function failed.
    if (failure_ != nullptr) std::rethrow_exception(std::exchange(failure_, nullptr));
    throw;
  }
}

void AggregateFunction::step(sqlite3_context* context, int, sqlite3_value** arguments) {
  auto& self = *static_cast<AggregateFunction*>(sqlite3_user_data(context));
  try {
    self.tally_->add(arguments);
  } catch (...) {
    self.failure_ = std::current_exception();
    sqlite3_result_error(context, "the rows could not be aggregated", -1);
  }
}

void AggregateFunction::finish(sqlite3_context* context) { sqlite3_result_null(context); }

}  // namespace spark::detail::sqlite

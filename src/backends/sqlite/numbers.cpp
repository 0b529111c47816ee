#include "backends/sqlite/numbers.h"

#include "backends/sqlite/encoding.h"
#include "backends/sqlite/schema.h"

namespace spark::detail::sqlite {

Numbers::Numbers(Connection& connection)
    : connection_(connection),
      read_epoch_(connection, "SELECT value FROM meta WHERE key = 'epoch'", "read the retention epoch"),
      insert_name_(connection, "INSERT OR IGNORE INTO names (text) VALUES (?)", "write names"),
      select_name_(connection, "SELECT number FROM names WHERE text = ?", "read names"),
      insert_trace_(connection, "INSERT OR IGNORE INTO trace_ids (trace_id) VALUES (?)", "write trace ids"),
      select_trace_(connection, "SELECT number FROM trace_ids WHERE trace_id = ?", "read trace ids"),
      insert_resource_(connection, "INSERT OR IGNORE INTO resources (resource) VALUES (?)", "write resources"),
      select_resource_(connection, "SELECT number FROM resources WHERE resource = ?", "read resources") {}

void Numbers::begin_transaction() {
  const ResetAtExit reset(read_epoch_);
  const std::int64_t epoch = read_epoch_.step() ? read_epoch_.integer(0) : 0;
  if (epoch == epoch_) return;
  forget();
  check_version(connection_);
  epoch_ = epoch;
}

void Numbers::forget() noexcept {
  names_.clear();
  traces_.clear();
  last_resource_number_ = 0;
}

template <class Bind>
std::int64_t Numbers::insert_or_find(Statement& insert, Statement& select, const Bind& bind) {
  bind(insert);
  insert.run();
  if (sqlite3_changes(connection_.handle()) == 1) return sqlite3_last_insert_rowid(connection_.handle());
  bind(select);
  const ResetAtExit reset(select);
  if (!select.step()) connection_.fail(SQLITE_CORRUPT, "find the number of a row that was there a moment ago");
  return select.integer(0);
}

std::int64_t Numbers::name(std::string_view text) {
  if (const auto found = names_.find(text); found != names_.end()) return found->second;
  if (names_.size() >= max_remembered) names_.clear();
  const auto number =
      insert_or_find(insert_name_, select_name_, [&](Statement& statement) { statement.bind(1, text); });
  names_.emplace(text, number);
  return number;
}

std::int64_t Numbers::trace(TraceId id) {
  if (!id.is_valid()) return 0;
  if (const auto found = traces_.find(id); found != traces_.end()) return found->second;
  if (traces_.size() >= max_remembered) traces_.clear();
  const TraceIdBytes bytes = to_bytes(id);
  const auto number = insert_or_find(insert_trace_, select_trace_,
                                     [&](Statement& statement) { statement.bind_blob(1, bytes.data(), bytes.size()); });
  traces_.emplace(id, number);
  return number;
}

std::int64_t Numbers::resource(const Resource& resource) {
  if (last_resource_number_ != 0 && resource == last_resource_) return last_resource_number_;
  const std::string json = resource_to_json(resource);
  const auto number = insert_or_find(insert_resource_, select_resource_,
                                     [&](Statement& statement) { statement.bind(1, std::string_view(json)); });
  last_resource_ = resource;
  last_resource_number_ = number;
  return number;
}

}  // namespace spark::detail::sqlite

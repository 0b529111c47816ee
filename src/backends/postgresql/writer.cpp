#include "backends/postgresql/writer.h"

#include <utility>

#include "backends/postgresql/careful_write.h"
#include "backends/postgresql/digest.h"
#include "backends/postgresql/json_column.h"
#include "backends/postgresql/sql_error.h"
#include "spark/base/error.h"
#include "telemetry/record_json.h"

namespace spark::detail::postgresql {
Deadline Writer::begin() {
  return Deadline::clock::now() + std::chrono::duration_cast<Deadline::duration>(settings_.options.write_time_limit);
}

Connection& Writer::connection(Deadline deadline) {
  if (connection_ != nullptr && connection_->is_usable()) return *connection_;
  connection_.reset();
  auto fresh = std::make_unique<Connection>(settings_.target, stop_, deadline);
  fresh->limit_statements(settings_.options.write_time_limit, deadline);
  // A transaction of ours goes on at once. Of one that does not, we were stopped or are gone, and others wait for its
  // locks.
  const auto patience = std::chrono::ceil<std::chrono::milliseconds>(settings_.options.write_time_limit + Seconds(2));
  fresh->execute("SET idle_in_transaction_session_timeout = " + std::to_string(patience.count()), deadline,
                 "set a time limit");
  if (settings_.options.durability == Durability::power) {
    fresh->execute("SET synchronous_commit = on", deadline, "set the durability");
  }
  try {
    layout_ = prepare_database(*fresh, settings_.options, deadline);
  } catch (const RetryableError&) {
    throw;
  } catch (const Error& error) {
    // What is wrong with the tables somebody puts right, and the message says how; until then a spool keeps the batch.
    if (error.code() == ErrorCode::cancelled) throw;
    throw RetryableError(error.code(), error.what());
  }
  resource_number_.reset();
  connection_ = std::move(fresh);
  return *connection_;
}

Refusals Writer::write(const Batch& batch) {
  if (batch.empty()) return {};
  const Deadline deadline = begin();
  const Way way = std::exchange(is_uncertain_, true) ? Way::merge : Way::copy;
  try {
    static_cast<void>(connection(deadline));
    const BatchRows rows(batch, resource_number(batch.resource(), deadline));
    const bool makes_partitions = layout_.partitioning == Partitioning::native && settings_.options.manage_schema;
    if (makes_partitions) partitions_.make(*connection_, rows.days(), deadline);
    Refusals refusals = write(rows, way, deadline);
    is_uncertain_ = false;
    return refusals;
  } catch (const StatementError& error) {
    // Once somebody has put the tables right, they are to be looked at again.
    if (is_of_the_setup(error.state())) connection_.reset();
    rethrow(error);
  } catch (const Error&) {
    // Not only at the next write, which may never come: the server may keep the transaction, and its locks, as long.
    if (connection_ != nullptr && !connection_->is_usable()) connection_.reset();
    throw;
  } catch (...) {
    // Out of memory, wherever that was: there may be a transaction.
    connection_.reset();
    throw;
  }
}

Refusals Writer::write(const BatchRows& rows, Way way, Deadline deadline) {
  for (;;) {
    try {
      write_at_once(rows, way, deadline);
      return {};
    } catch (const StatementError& error) {
      roll_back(deadline);
      const bool is_of_the_table = error.state() == "42501" && !has_rights(deadline);
      if (!may_be_of_a_row(error.state()) || is_of_the_table) throw;
      // Tables with row-level security take no COPY.
      const bool may_be_merged = is_duplicate(error.state()) || error.state() == "0A000";
      if (way == Way::merge || !may_be_merged) break;
      way = Way::merge;
    }
  }
  return CarefulWrite(*connection_, settings_.options.write_time_limit).write(rows);
}

std::int64_t Writer::resource_number(const Resource& resource, Deadline deadline) {
  constexpr const char* attempted = "write the resource";
  std::string json;
  append_column_json(json, resource_to_object(resource));
  if (resource_number_ && json == resource_json_) return *resource_number_;
  Parameters parameters;
  const std::string key = parameters.bind_uuid(digest(json));
  try {
    Parameters both = parameters;
    const std::string value = both.bind_json(json);
    connection_->query(
        "INSERT INTO resources (digest, resource) VALUES (" + key + ", " + value + ") ON CONFLICT (digest) DO NOTHING",
        both, deadline, attempted);
  } catch (const StatementError& error) {
    // Records without one are better than none.
    if (!may_be_of_a_row(error.state()) || is_of_the_setup(error.state())) throw;
  }
  const Result found =
      connection_->query("SELECT number FROM resources WHERE digest = " + key, parameters, deadline, attempted);
  resource_number_ = found.rows() > 0 ? found.integer(0, 0) : 0;
  resource_json_ = std::move(json);
  return *resource_number_;
}

void Writer::write_at_once(const BatchRows& rows, Way way, Deadline deadline) {
  connection_->execute("BEGIN", deadline, "begin a transaction");
  for (const TableRows& table : rows.tables()) {
    if (way == Way::merge || !table.is_copied) {
      merge(*connection_, table, 0, table.count, deadline);
      continue;
    }
    copy(table, deadline);
  }
  connection_->execute("COMMIT", deadline, "commit a transaction");
}

void Writer::copy(const TableRows& table, Deadline deadline) {
  constexpr std::size_t piece_size = 1 << 16;  // the server works on one while the next is encoded
  RowEncoder encoder(RowEncoder::Form::copy, table.shape->types);
  std::size_t row = 0;
  const auto next_piece = [&]() -> std::string_view {
    if (row > table.count) return {};
    for (; row < table.count && encoder.piece_size() < piece_size; ++row) {
      encoder.begin_row();
      table.encode(encoder, row);
    }
    if (row == table.count) {
      encoder.finish_copy();
      ++row;
    }
    return encoder.take_piece();
  };
  connection_->copy(
      std::string("COPY ") + table.shape->name + " (" + table.shape->columns + ") FROM STDIN (FORMAT binary)",
      next_piece, deadline, table.shape->attempted);
}

// Whether it is only rows that may be denied.
bool Writer::has_rights(Deadline deadline) {
  const Result rights = connection_->query(
      "SELECT bool_and(has_table_privilege(name, 'SELECT') AND has_table_privilege(name, 'INSERT') AND (number > 2 OR "
      "has_table_privilege(name, 'UPDATE'))) FROM unnest(ARRAY['traces_data', 'implied_traces', 'spans_data', "
      "'events_data', 'metrics_data', 'graphs_data', 'resources', 'dead_letters']) WITH ORDINALITY AS t (name, number)",
      {}, deadline, "look for its rights");
  return rights.boolean(0, 0);
}

void Writer::roll_back(Deadline deadline) {
  if (connection_->is_usable()) connection_->execute("ROLLBACK", deadline, "roll a transaction back");
}

}  // namespace spark::detail::postgresql

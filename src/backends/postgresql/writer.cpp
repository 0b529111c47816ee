#include "backends/postgresql/writer.h"

#include <algorithm>

#include "backends/postgresql/json_column.h"
#include "backends/postgresql/sql_error.h"
#include "spark/base/error.h"
#include "telemetry/record_json.h"

namespace spark::detail::postgresql {
namespace {

// FNV-1a, http://www.isthe.com/chongo/tech/comp/fnv/, from two beginnings.
RecordId digest(std::string_view text) noexcept {
  const auto sum = [&](std::uint64_t hash) {
    for (const char c : text) hash = (hash ^ static_cast<std::uint8_t>(c)) * 1'099'511'628'211ULL;
    return hash;
  };
  return {sum(14'695'981'039'346'656'037ULL), sum(0x5370'6172'6B54'656CULL)};
}

}  // namespace

Deadline Writer::begin() {
  return Deadline::clock::now() + std::chrono::duration_cast<Deadline::duration>(settings_.options.write_time_limit);
}

Connection& Writer::connection(Deadline deadline) {
  if (connection_ != nullptr && connection_->is_usable()) return *connection_;
  connection_.reset();
  auto fresh = std::make_unique<Connection>(settings_.target, stop_, deadline);
  fresh->limit_statements(settings_.options.write_time_limit, deadline);
  if (settings_.options.durability == Durability::power) {
    fresh->execute("SET synchronous_commit = on", deadline, "set the durability");
  }
  layout_ = prepare_database(*fresh, settings_.options, deadline);
  resource_number_.reset();
  connection_ = std::move(fresh);
  return *connection_;
}

Refusals Writer::write(const Batch& batch) {
  if (batch.empty()) return {};
  const Deadline deadline = begin();
  try {
    static_cast<void>(connection(deadline));
    const BatchRows rows(batch, resource_number(batch.resource(), deadline));
    if (layout_.partitioning == Partitioning::native) partitions_.make(*connection_, rows.days(), deadline);
    Way way = is_uncertain_ ? Way::merge : Way::copy;
    for (;;) {
      Refusals refusals;
      try {
        write_once(rows, way, deadline, refusals);
        is_uncertain_ = false;
        return refusals;
      } catch (const StatementError& error) {
        roll_back(deadline);
        const bool may_go_on = !is_retryable(error.state()) && way != Way::careful;
        if (!may_go_on) rethrow(error);
        way = way == Way::copy && is_duplicate(error.state()) ? Way::merge : Way::careful;
      }
    }
  } catch (const StatementError& error) {
    rethrow(error);
  } catch (const RetryableError&) {
    is_uncertain_ = true;
    throw;
  }
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
    if (!is_of_a_row(error.state())) throw;
  }
  const Result found =
      connection_->query("SELECT number FROM resources WHERE digest = " + key, parameters, deadline, attempted);
  resource_number_ = found.rows() > 0 ? found.integer(0, 0) : 0;
  resource_json_ = std::move(json);
  return *resource_number_;
}

void Writer::write_once(const BatchRows& rows, Way way, Deadline deadline, Refusals& refusals) {
  // A constraint or trigger that waits for the end would refuse all rows there, and not say which one it means.
  connection_->execute(way == Way::careful ? "BEGIN; SET CONSTRAINTS ALL IMMEDIATE" : "BEGIN", deadline,
                       "begin a transaction");
  for (const TableRows& table : rows.tables()) {
    if (way == Way::careful) {
      write_carefully(table, 0, table.count, deadline, refusals);
    } else if (way == Way::copy && table.shape->is_copied) {
      RowEncoder encoder(RowEncoder::Form::copy, table.shape->types);
      for (std::size_t row = 0; row < table.count; ++row) {
        encoder.begin_row();
        table.encode(encoder, row);
      }
      connection_->copy(
          std::string("COPY ") + table.shape->name + " (" + table.shape->columns + ") FROM STDIN (FORMAT binary)",
          encoder.finish_copy(), deadline, table.shape->attempted);
    } else {
      merge(table, 0, table.count, deadline);
    }
  }
  connection_->execute("COMMIT", deadline, "commit a transaction");
}

void Writer::merge(const TableRows& table, std::size_t from, std::size_t to, Deadline deadline) {
  RowEncoder encoder(RowEncoder::Form::arrays, table.shape->types);
  for (std::size_t row = from; row < to; ++row) {
    encoder.begin_row();
    table.encode(encoder, row);
  }
  Parameters parameters;
  encoder.bind(parameters);
  std::string arrays;
  for (std::size_t i = 1; i <= parameters.size(); ++i) arrays += (i > 1 ? ", $" : "$") + std::to_string(i);
  connection_->query(std::string("INSERT INTO ") + table.shape->name + " AS t (" + table.shape->columns +
                         ") SELECT * FROM unnest(" + arrays + ") ON CONFLICT " + table.shape->on_conflict,
                     parameters, deadline, table.shape->attempted);
}

void Writer::write_carefully(const TableRows& table, std::size_t from, std::size_t to, Deadline deadline,
                             Refusals& refusals) {
  constexpr const char* attempted = "look for the rows that are refused";
  connection_->execute("SAVEPOINT part", deadline, attempted);
  try {
    merge(table, from, to, deadline);
    connection_->execute("RELEASE SAVEPOINT part", deadline, attempted);
  } catch (const StatementError& error) {
    if (is_retryable(error.state())) throw;
    connection_->execute("ROLLBACK TO SAVEPOINT part; RELEASE SAVEPOINT part", deadline, attempted);
    // What refuses no rows at all as well is wrong with the table, and no row's fault.
    const bool is_whole = from == 0 && to == table.count;
    if (is_whole && !is_of_a_row(error.state())) merge(table, 0, 0, deadline);
    if (to - from == 1) return set_aside(table, from, error.reason(), deadline, refusals);
    const std::size_t middle = from + (to - from) / 2;
    write_carefully(table, from, middle, deadline, refusals);
    write_carefully(table, middle, to, deadline, refusals);
  }
}

void Writer::set_aside(const TableRows& table, std::size_t row, const std::string& reason, Deadline deadline,
                       Refusals& refusals) {
  const RefusedRow refused = table.describe(row);
  for (const RecordKind kind : refused.counts) ++refusals.rejected[static_cast<std::size_t>(kind)];
  // A database of another encoding than UTF-8 may lack characters of it.
  const bool is_kept = keep_letter(refused.kind, reason, refused.record, deadline) ||
                       keep_letter(refused.kind, in_ascii(reason), in_ascii(refused.record), deadline);
  refusals.message = connection_->message(
      table.shape->attempted, reason + (is_kept ? "; set aside in dead_letters" : "; dead_letters refuses it, too"));
}

bool Writer::keep_letter(std::string_view kind, std::string_view reason, std::string_view record, Deadline deadline) {
  constexpr const char* attempted = "set a row aside";
  connection_->execute("SAVEPOINT letter", deadline, attempted);
  try {
    Parameters parameters;
    const std::string values = parameters.bind(kind) + ", " + parameters.bind(reason) + ", " + parameters.bind(record);
    connection_->query("INSERT INTO dead_letters (kind, reason, record) VALUES (" + values + ")", parameters, deadline,
                       attempted);
    connection_->execute("RELEASE SAVEPOINT letter", deadline, attempted);
    return true;
  } catch (const StatementError& error) {
    if (is_retryable(error.state())) throw;
    connection_->execute("ROLLBACK TO SAVEPOINT letter; RELEASE SAVEPOINT letter", deadline, attempted);
    return false;
  }
}

void Writer::roll_back(Deadline deadline) {
  if (connection_->is_usable()) connection_->execute("ROLLBACK", deadline, "roll a transaction back");
}

}  // namespace spark::detail::postgresql

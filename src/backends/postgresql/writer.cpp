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

// After PostgreSQL's own words for where and what, which is said anyway.
std::string reason_of(const StatementError& error) {
  const std::string text = error.what();
  const auto why = text.rfind(": ");
  return why == std::string::npos ? text : text.substr(why + 2);
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
        const bool may_go_on = is_of_a_row(error.state()) && way != Way::careful;
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
  connection_->execute("BEGIN", deadline, "begin a transaction");
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
    if (!is_of_a_row(error.state())) throw;
    const std::string reason = reason_of(error);
    connection_->execute("ROLLBACK TO SAVEPOINT part; RELEASE SAVEPOINT part", deadline, attempted);
    if (to - from == 1) return set_aside(table, from, reason, deadline, refusals);
    const std::size_t middle = from + (to - from) / 2;
    write_carefully(table, from, middle, deadline, refusals);
    write_carefully(table, middle, to, deadline, refusals);
  }
}

void Writer::set_aside(const TableRows& table, std::size_t row, const std::string& reason, Deadline deadline,
                       Refusals& refusals) {
  const RefusedRow refused = table.describe(row);
  for (const RecordKind kind : refused.counts) ++refusals.rejected[static_cast<std::size_t>(kind)];
  refusals.message = connection_->message(table.shape->attempted, reason + "; set aside in dead_letters");
  Parameters parameters;
  const std::string values = parameters.bind(std::string_view(refused.kind)) + ", " +
                             parameters.bind(std::string_view(reason)) + ", " +
                             parameters.bind(std::string_view(refused.record));
  connection_->query("INSERT INTO dead_letters (kind, reason, record) VALUES (" + values + ")", parameters, deadline,
                     "set a row aside");
}

void Writer::roll_back(Deadline deadline) {
  if (connection_->is_usable()) connection_->execute("ROLLBACK", deadline, "roll a transaction back");
}

}  // namespace spark::detail::postgresql

#include "apps/sparktel/postgresql/session.h"

#include <chrono>
#include <utility>

#include "apps/sparktel/sources/open.h"
#include "backends/postgresql/wire.h"

namespace spark::sparktel {

namespace {

using detail::postgresql::Settings;

// A value as a connection string has it: in quotes, which with backslashes are escaped by one.
std::string quoted_value(const std::string& value) {
  std::string out = "'";
  for (const char c : value) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out + "'";
}

}  // namespace

Session::Session(const Secret& connection_string, Seconds time_limit)
    : settings_(detail::postgresql::resolve_settings(options_for_reading(connection_string))),
      time_limit_(time_limit) {}

Session::Connection& Session::connection() {
  if (connection_ == nullptr || !connection_->is_usable()) {
    connection_.reset();
    auto fresh = std::make_unique<Connection>(settings_.target, stop_, deadline());
    fresh->execute("SET default_transaction_read_only = on", deadline(), "make the session read-only");
    connection_ = std::move(fresh);
  }
  connection_->limit_statements(time_limit_, deadline());
  return *connection_;
}

Session::Result Session::query(const std::string& sql, const Parameters& parameters, const char* attempted) {
  return connection().query(sql, parameters, deadline(), attempted);
}

Deadline Session::deadline() const {
  constexpr Seconds for_the_answer{5};
  return Deadline::clock::now() + std::chrono::duration_cast<Deadline::duration>(time_limit_ + for_the_answer);
}

std::string bind_trace_ids(detail::postgresql::Parameters& parameters, std::span<const TraceId> ids) {
  // As array_recv() has it: dimensions, whether there are nulls, the type, then of each dimension its size and its
  // first index, then each element with its size before it.
  constexpr std::uint32_t uuid_array = 2951;
  std::string octets;
  for (const std::uint32_t number :
       {1U, 0U, detail::postgresql::oid(detail::postgresql::Type::uuid), static_cast<std::uint32_t>(ids.size()), 1U}) {
    detail::postgresql::append_number(octets, number);
  }
  for (const TraceId id : ids) {
    detail::postgresql::append_number(octets, std::uint32_t{16});
    detail::postgresql::append_uuid(octets, id);
  }
  return parameters.add(uuid_array, std::move(octets));
}

TraceId trace_id_at(const detail::postgresql::Result& result, int row, int column) {
  return detail::postgresql::read_uuid<TraceId>(result.octets(row, column));
}

std::string text_at(const detail::postgresql::Result& result, int row, int column) {
  return std::string(result.octets(row, column));
}

PostgresqlOptions options_for_reading(const Secret& connection_string) {
  const Settings settings = detail::postgresql::resolve_settings(
      {.connection_string = connection_string, .query_time_limit = query_time_limit});
  PostgresqlOptions options = settings.options;
  // What is ours in a connection string overrules the options. So it is put together again without.
  std::string theirs;
  for (const auto& [keyword, value] : settings.target.parameters) theirs += keyword + "=" + quoted_value(value) + " ";
  options.connection_string = Secret(theirs);
  options.manage_schema = false;
  options.partitioning.reset();
  return options;
}

}  // namespace spark::sparktel

#include "apps/sparktel/sources/sqlite_source.h"

#include <algorithm>
#include <utility>

#include "apps/sparktel/sources/open.h"
#include "spark/base/error.h"

namespace spark::sparktel {

namespace {

constexpr std::size_t ids_at_once = 1'000;

class SqliteRows final : public SqlRows {
 public:
  SqliteRows(Database& database, std::string_view sql) : rows_(database, sql) {}

  [[nodiscard]] int columns() const override { return rows_.columns(); }
  [[nodiscard]] std::string name(int column) const override { return rows_.name(column); }
  bool step() override { return rows_.step(); }
  [[nodiscard]] Value value(int column) const override { return rows_.value(column); }

 private:
  QueryRows rows_;
};

}  // namespace

std::vector<TraceId> SqliteChanges::latest(std::size_t count) {
  // First, so that what is written while this looks around is looked at again.
  data_version_ = database_.integer("PRAGMA data_version");
  const std::int64_t newest = database_.integer("SELECT max(number) FROM trace_ids");
  last_number_ = std::max<std::int64_t>(newest - static_cast<std::int64_t>(count), 0);
  std::vector<TraceId> ids;
  add_new(ids);
  return ids;
}

bool SqliteChanges::any() {
  if (database_.is_replaced()) {
    throw Error(ErrorCode::unavailable, database_.path() +
                                            " was moved away or replaced by another file; run tail again to follow the "
                                            "new one");
  }
  const std::int64_t version = database_.integer("PRAGMA data_version");
  return std::exchange(data_version_, version) != version;
}

std::vector<TraceId> SqliteChanges::changed(const std::vector<TraceId>& watched) {
  std::vector<TraceId> ids = watched;
  add_new(ids);
  return ids;
}

void SqliteChanges::add_new(std::vector<TraceId>& ids) {
  for (;;) {
    const std::vector<TraceId> more = database_.trace_ids_since(last_number_, ids_at_once);
    ids.insert(ids.end(), more.begin(), more.end());
    if (more.size() < ids_at_once) return;
  }
}

SqliteSource::SqliteSource(const Location& where)
    : name_(where.name()), store_(open_for_reading(where)), database_(where.path()) {}

std::vector<TraceId> SqliteSource::trace_ids_after(TraceId id, std::size_t count) {
  return database_.trace_ids_after(id, count);
}

std::uint64_t SqliteSource::count_traces() {
  return static_cast<std::uint64_t>(database_.integer("SELECT count(*) FROM trace_ids"));
}

std::unordered_map<TraceId, TraceContents> SqliteSource::contents_of(std::span<const TraceId> ids) {
  QueryRows numbers(database_, "SELECT number FROM trace_ids WHERE trace_id = ?1");
  QueryRows own(database_, "SELECT end_ns IS NOT NULL, end_ns FROM traces_data WHERE trace = ?1");
  QueryRows implied(database_, "SELECT end_ns FROM implied_traces WHERE trace = ?1");
  QueryRows spans(database_, "SELECT count(*), sum(span & 4294967295) FROM spans_data WHERE trace = ?1");
  QueryRows events(database_, "SELECT count(*), sum(id_low & 4294967295) FROM events_data WHERE trace = ?1");
  QueryRows metrics(database_, "SELECT count(*), sum(id_low & 4294967295) FROM metrics_data WHERE trace = ?1");
  const auto first_row = [](QueryRows& rows, std::int64_t number) {
    rows.reset();
    rows.bind(1, number);
    return rows.step();
  };
  std::unordered_map<TraceId, TraceContents> found;
  for (const TraceId id : ids) {
    std::int64_t number = 0;  // of what has no trace
    if (id.is_valid()) {
      numbers.reset();
      numbers.bind(1, id);
      if (!numbers.step()) continue;
      number = numbers.integer(0);
    }
    TraceContents contents;
    contents.is_started = first_row(own, number);
    if (contents.is_started && own.integer(0) != 0) contents.end_ns = own.integer(1);
    if (!contents.is_started && first_row(implied, number)) {
      contents.is_implied = true;
      contents.end_ns = implied.integer(0);
    }
    const auto count = [&](QueryRows& rows, std::uint64_t& of) {
      first_row(rows, number);
      of = static_cast<std::uint64_t>(rows.integer(0));
      contents.ids += static_cast<std::uint64_t>(rows.integer(1));
    };
    count(spans, contents.spans);
    count(events, contents.events);
    count(metrics, contents.metrics);
    if (contents != TraceContents{}) found.emplace(id, contents);
  }
  return found;
}

std::unique_ptr<Changes> SqliteSource::follow() { return std::make_unique<SqliteChanges>(database_); }

std::unique_ptr<SqlRows> SqliteSource::select(const std::string& statement, Seconds time_limit) {
  database_.set_time_limit(time_limit);
  return std::make_unique<SqliteRows>(database_, statement);
}

std::vector<SqlView> SqliteSource::views() {
  std::vector<SqlView> views;
  for (const std::string view : {"traces", "spans", "events", "metrics", "graphs"}) {
    QueryRows rows(database_, "SELECT name FROM pragma_table_info('" + view + "')");
    std::vector<std::string> columns;
    while (rows.step()) columns.push_back(rows.text(0));
    views.push_back({view, std::move(columns)});
  }
  return views;
}

}  // namespace spark::sparktel

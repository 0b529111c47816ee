// SqliteSource is a SQLite file as a Source: the library's store, and beside it a Database, a read-only connection of
// our own. As thread-safe and as long-lived as source.h says.
#pragma once

#include <memory>
#include <string>

#include "apps/sparktel/files/database.h"
#include "apps/sparktel/sources/source.h"

namespace spark::sparktel {

// Numbers of traces only grow, and `PRAGMA data_version` changes with every commit of another connection, for a look
// into shared memory. Which of the watched traces got more their counts tell.
class SqliteChanges final : public Changes {
 public:
  // The database must outlive this.
  explicit SqliteChanges(Database& database) : database_(database) {}

  [[nodiscard]] std::vector<TraceId> latest(std::size_t count) override;
  [[nodiscard]] bool any() override;
  [[nodiscard]] std::vector<TraceId> changed(const std::vector<TraceId>& watched) override;
  [[nodiscard]] std::int64_t count_spans(TraceId id) override { return database_.count_spans(id); }

 private:
  void add_new(std::vector<TraceId>& ids);

  Database& database_;
  std::int64_t data_version_ = -1;  // no version that there is, so that the first look finds something
  std::int64_t last_number_ = 0;
};

class SqliteSource final : public Source {
 public:
  explicit SqliteSource(const Location& where);

  [[nodiscard]] Store& store() override { return *store_; }
  [[nodiscard]] const std::string& name() const noexcept override { return name_; }
  [[nodiscard]] std::vector<TraceId> trace_ids_after(TraceId id, std::size_t count) override;
  [[nodiscard]] std::uint64_t count_traces() override;
  [[nodiscard]] std::unordered_map<TraceId, TraceContents> contents_of(std::span<const TraceId> ids) override;
  [[nodiscard]] std::unique_ptr<Changes> follow() override;
  [[nodiscard]] std::unique_ptr<SqlRows> select(const std::string& statement, Seconds time_limit) override;
  [[nodiscard]] std::vector<SqlView> views() override;

 private:
  std::string name_;
  std::unique_ptr<Store> store_;  // first: it says best what is wrong with a file
  Database database_;
};

}  // namespace spark::sparktel

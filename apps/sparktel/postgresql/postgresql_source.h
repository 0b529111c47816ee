// PostgresqlSource is a PostgreSQL database as a Source: the library's store, and beside it a Session of our own. As
// thread-safe and as long-lived as source.h says.
#pragma once

#include <memory>
#include <string>

#include "apps/sparktel/postgresql/session.h"
#include "apps/sparktel/sources/source.h"
#include "spark/backends/postgresql.h"

namespace spark::sparktel {

// A database has no list of traces in the order in which it came to know them. But each version of a row names the
// transaction that wrote it, and the server which of them are over. So those rows are looked for, of watched traces by
// their ids and of others by time, that were written by a transaction that was not over at the last look. A trace, or a
// span of a trace without a row, that started more than `window` before it was written is not noticed as new.
class PostgresqlChanges final : public Changes {
 public:
  static constexpr std::chrono::hours window{1};

  // Both must outlive this.
  PostgresqlChanges(Store& store, Session& session) : store_(store), session_(session) {}

  [[nodiscard]] std::vector<TraceId> latest(std::size_t count) override;
  [[nodiscard]] bool any() override;
  [[nodiscard]] std::vector<TraceId> changed(const std::vector<TraceId>& watched) override;
  [[nodiscard]] std::int64_t count_spans(TraceId id) override;

 private:
  [[nodiscard]] std::string snapshot();

  Store& store_;
  Session& session_;
  std::string looked_at_ = "1:1:";  // the server's snapshot of the last look, and of this one: "xmin:xmax:running"
  std::string now_;
  bool from_the_beginning_ = true;
};

class PostgresqlSource final : public Source {
 public:
  explicit PostgresqlSource(const Secret& connection_string);

  [[nodiscard]] Store& store() override { return store_; }
  [[nodiscard]] const std::string& name() const noexcept override { return name_; }
  [[nodiscard]] std::vector<TraceId> trace_ids_after(TraceId id, std::size_t count) override;
  [[nodiscard]] std::uint64_t count_traces() override;
  [[nodiscard]] std::unordered_map<TraceId, TraceContents> contents_of(std::span<const TraceId> ids) override;
  [[nodiscard]] std::unique_ptr<Changes> follow() override;
  [[nodiscard]] std::unique_ptr<SqlRows> select(const std::string& statement, Seconds time_limit) override;
  [[nodiscard]] std::vector<SqlView> views() override;

 private:
  Secret connection_string_;
  std::string name_;
  PostgresqlStore store_;
  Session session_;
};

}  // namespace spark::sparktel

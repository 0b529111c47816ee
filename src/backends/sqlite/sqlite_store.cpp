#include "spark/backends/sqlite.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <mutex>
#include <optional>
#include <system_error>
#include <utility>

#include "backends/sqlite/queries.h"
#include "backends/sqlite/reader.h"
#include "backends/sqlite/schema.h"
#include "backends/sqlite/writer.h"
#include "spark/base/error.h"
#include "telemetry/query_rules.h"

namespace spark {

using detail::sqlite::Access;
using detail::sqlite::Connection;
using detail::sqlite::LockFile;
using detail::sqlite::ReaderPool;
using detail::sqlite::Writer;

namespace {

void validate(const SqliteOptions& options) {
  const auto refuse = [](const std::string& what) {
    throw Error(ErrorCode::invalid_argument, "SqliteOptions." + what);
  };
  if (options.path.empty()) refuse("path is empty; it must name a file");
  if (options.path == ":memory:") refuse("path is \":memory:\"; the memory backend keeps records without a file");
  if (options.path.find('\0') != std::string::npos) refuse("path contains U+0000");
  if (!(options.query_time_limit.count() > 0)) refuse("query_time_limit must be more than 0");
  if (!(options.busy_timeout.count() >= 0)) refuse("busy_timeout must be 0 or more");
  if (options.readers == 0) refuse("readers is 0; it must be 1 or more");
}

// Absolute, so that changing the working directory later changes nothing, and without symbolic links, so that
// all who open the file by different names share one lock file.
std::string resolve(const std::string& path, bool is_read_only) {
  std::error_code ignored;
  const auto absolute = std::filesystem::absolute(path);
  if (!is_read_only) {
    // A link to a file that is not there yet cannot be resolved. Where this fails, opening fails too, and says why,
    // except that SQLite does not tell a link into a missing directory from other troubles.
    const int file = open(absolute.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (file >= 0) {
      close(file);
    } else if (errno == ENOENT && std::filesystem::is_symlink(absolute, ignored)) {
      throw Error(ErrorCode::not_found,
                  "SQLite database " + path + ": cannot open it: the directory that this link leads to does not exist");
    }
  }
  const auto canonical = std::filesystem::weakly_canonical(absolute, ignored);
  return canonical.empty() ? absolute.string() : canonical.string();
}

Connection open_for_writing(const std::string& path, LockFile& lock, Seconds busy_timeout) {
  const auto held = lock.lock(busy_timeout);
  Connection connection(path, Access::read_write_create, busy_timeout);
  // SQLite opens a file that must not be written read-only, and says nothing.
  if (sqlite3_db_readonly(connection.handle(), "main") == 1) {
    throw Error(ErrorCode::permission_denied, "SQLite database " + path + ": cannot open it for writing");
  }
  detail::sqlite::prepare_database(connection);
  return connection;
}

void check_readable(const std::string& path, Seconds busy_timeout) {
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) {
    throw Error(ErrorCode::not_found, "SQLite database " + path + ": cannot open it: the file does not exist");
  }
  Connection connection(path, Access::read_only, busy_timeout);
  detail::sqlite::check_database(connection);
}

}  // namespace

class SqliteStore::Impl {
 public:
  explicit Impl(const SqliteOptions& options)
      : name("sqlite " + options.path),
        path(resolve(options.path, options.read_only)),
        readers(path, options.readers, options.query_time_limit, options.busy_timeout) {
    if (options.read_only) {
      check_readable(path, options.busy_timeout);
      return;
    }
    lock_file_.emplace(path);
    writer_.emplace(open_for_writing(path, *lock_file_, options.busy_timeout), *lock_file_, options);
  }

  // Runs a function on the writer while nobody else of this store uses it.
  template <class Function>
  auto with_writer(const Function& function) {
    if (!writer_) throw Error(ErrorCode::unsupported, "SQLite database " + path + " was opened read-only");
    const std::lock_guard lock(writer_mutex_);
    return function(*writer_);
  }

  // A reader for a query, once the query is known to be one.
  template <class Query>
  [[nodiscard]] ReaderPool::Lease borrow(const Query& query) {
    detail::check_query(query);
    return readers.borrow(detail::TimeLimit(query.time_limit, readers.time_limit()));
  }

  const std::string name;
  const std::string path;
  ReaderPool readers;

 private:
  std::mutex writer_mutex_;
  std::optional<LockFile> lock_file_;
  std::optional<Writer> writer_;  // after the lock file, which it uses
};

SqliteStore::SqliteStore(SqliteOptions options) {
  validate(options);
  impl_ = std::make_unique<Impl>(options);
}

SqliteStore::~SqliteStore() = default;

std::string_view SqliteStore::name() const noexcept { return impl_->name; }

void SqliteStore::write(const Batch& batch) {
  impl_->with_writer([&](Writer& writer) { writer.write(batch); });
}

void SqliteStore::flush(Deadline) {}

Page<Trace> SqliteStore::query_traces(const TraceQuery& query) {
  return detail::sqlite::query_traces(*impl_->borrow(query), query);
}

Page<Span> SqliteStore::query_spans(const SpanQuery& query) {
  return detail::sqlite::query_spans(*impl_->borrow(query), query);
}

Page<Event> SqliteStore::query_events(const EventQuery& query) {
  return detail::sqlite::query_events(*impl_->borrow(query), query);
}

Page<Metric> SqliteStore::query_metrics(const MetricQuery& query) {
  return detail::sqlite::query_metrics(*impl_->borrow(query), query);
}

Page<GraphDefinition> SqliteStore::query_graphs(const GraphQuery& query) {
  return detail::sqlite::query_graphs(*impl_->borrow(query), query);
}

void SqliteStore::each_span(const SpanQuery& query, const std::function<bool(const Span&)>& visit) {
  // Large enough that finding the place again costs nothing.
  constexpr std::size_t chunk_size = 1'000;
  detail::check_each(query);
  const detail::TimeLimit limit(query.time_limit, impl_->readers.time_limit());
  detail::sqlite::SpanChunk chunk;
  do {
    // The reader is given back before the visitor is called, who may want it.
    chunk = detail::sqlite::next_spans(*impl_->readers.borrow(limit), query, chunk.last, chunk_size);
    for (const Span& span : chunk.spans) {
      if (!visit(span)) return;
      limit.check();
    }
  } while (chunk.has_more);
}

std::uint64_t SqliteStore::put(std::string_view kind, std::string_view id, const Value& content,
                               std::uint64_t expected_revision) {
  return impl_->with_writer([&](Writer& writer) { return writer.put(kind, id, content, expected_revision); });
}

std::optional<Document> SqliteStore::get(std::string_view kind, std::string_view id) {
  return detail::sqlite::get_document(*impl_->readers.borrow(), kind, id);
}

std::vector<std::string> SqliteStore::list(std::string_view kind) {
  return detail::sqlite::list_documents(*impl_->readers.borrow(), kind);
}

}  // namespace spark

extern "C" spark::Sink* spark_make_sqlite_sink(const spark::TelemetryConfig& config) {
  return new spark::SqliteStore({.path = config.db_path, .durability = config.durability});
}

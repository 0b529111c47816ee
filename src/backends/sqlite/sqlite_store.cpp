#include "spark/backends/sqlite.h"

#include <algorithm>
#include <limits>
#include <mutex>
#include <optional>
#include <utility>

#include "backends/sqlite/aggregates.h"
#include "backends/sqlite/fork_gate.h"
#include "backends/sqlite/open.h"
#include "backends/sqlite/queries.h"
#include "backends/sqlite/reader.h"
#include "backends/sqlite/retention.h"
#include "backends/sqlite/writer.h"
#include "spark/base/error.h"
#include "telemetry/query_rules.h"

namespace spark {

using detail::sqlite::ForkGate;
using detail::sqlite::LockFile;
using detail::sqlite::PruneGoal;
using detail::sqlite::PruneLeft;
using detail::sqlite::ReaderPool;
using detail::sqlite::Retention;
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
  if (!(options.retention_age.count() >= 0)) refuse("retention_age must be 0 or more");
  if (options.retention_bytes != 0 && options.retention_bytes < (1 << 20)) {
    refuse("retention_bytes is " + std::to_string(options.retention_bytes) + "; it must be 0 or 1 MiB or more");
  }
}

void validate(const PruneOptions& options) {
  if (options.rows_per_transaction == 0) {
    throw Error(ErrorCode::invalid_argument, "PruneOptions.rows_per_transaction is 0; it must be 1 or more");
  }
}

}  // namespace

class SqliteStore::Impl {
 public:
  explicit Impl(const SqliteOptions& options)
      : generation_(ForkGate::generation()),
        name("sqlite " + options.path),
        path(detail::sqlite::resolve_path(options.path, options.read_only)),
        readers_(path, options.readers, options.query_time_limit, options.busy_timeout),
        retention_(options) {
    if (options.read_only) {
      detail::sqlite::check_readable(path, options.busy_timeout);
    } else {
      lock_file_.emplace(path);
      writer_.emplace(detail::sqlite::open_for_writing(path, *lock_file_, options.busy_timeout), *lock_file_, options);
    }
    ForkGate::add_database(path);
  }
  ~Impl() { ForkGate::remove_database(path); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  [[nodiscard]] bool is_of_this_process() const noexcept { return generation_ == ForkGate::generation(); }
  // For this process alone.
  [[nodiscard]] ReaderPool& readers() {
    check_process();
    return readers_;
  }

  // Runs a function on the writer while nobody else of this store uses it.
  template <class Function>
  auto with_writer(const Function& function) {
    check_process();
    const ForkGate::Pass pass;
    if (!writer_) throw Error(ErrorCode::unsupported, "SQLite database " + path + " was opened read-only");
    const std::lock_guard lock(writer_mutex_);
    return function(*writer_);
  }

  // A reader for a query, once the query is known to be one.
  template <class Query>
  [[nodiscard]] ReaderPool::Lease borrow(const Query& query) {
    detail::check_query(query);
    return readers().borrow(detail::TimeLimit(query.time_limit, readers_.time_limit()));
  }

  template <class Query>
  [[nodiscard]] Groups aggregate(const Query& query, const Aggregation& aggregation) {
    detail::check_aggregate(query);
    const detail::TimeLimit limit(query.time_limit, readers().time_limit());
    return detail::sqlite::aggregate(*readers().borrow(limit), query, aggregation, limit);
  }

  PruneLeft prune_once(const PruneGoal& goal, PruneResult& result) {
    return with_writer([&](Writer& writer) { return writer.prune(goal, result); });
  }

  void write(const Batch& batch) {
    if (!retention_.is_on()) {
      with_writer([&](Writer& writer) { writer.write(batch); });
      return;
    }
    const std::uint64_t bytes_in_use = with_writer([&](Writer& writer) {
      writer.write(batch);
      return writer.bytes_in_use();
    });
    retention_.after_write(bytes_in_use,
                           [this](const PruneGoal& goal, PruneResult& result) { return prune_once(goal, result); });
  }

  void check_process() const {
    if (is_of_this_process()) return;
    throw Error(ErrorCode::unsupported,
                "SQLite database " + path + ": this store was opened before fork(); open another");
  }

 private:
  const std::uint64_t generation_;

 public:
  const std::string name;
  const std::string path;

 private:
  ReaderPool readers_;
  Retention retention_;
  std::mutex writer_mutex_;
  std::optional<LockFile> lock_file_;
  std::optional<Writer> writer_;  // after the lock file, which it uses
};

SqliteStore::SqliteStore(SqliteOptions options) {
  validate(options);
  const ForkGate::Pass pass;
  ForkGate::check_usable();
  impl_ = std::make_unique<Impl>(options);
}

SqliteStore::~SqliteStore() {
  const ForkGate::Pass pass;
  // A forked child must not close its parent's connections.
  if (impl_->is_of_this_process()) {
    impl_.reset();
  } else {
    static_cast<void>(impl_.release());
  }
}

std::string_view SqliteStore::name() const noexcept { return impl_->name; }

void SqliteStore::write(const Batch& batch) { impl_->write(batch); }

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
  const detail::TimeLimit limit(query.time_limit, impl_->readers().time_limit());
  detail::sqlite::SpanChunk chunk;
  do {
    // The reader is given back before the visitor is called, who may want it.
    chunk = detail::sqlite::next_spans(*impl_->readers().borrow(limit), query, chunk.last, chunk_size);
    for (const Span& span : chunk.spans) {
      if (!visit(span)) return;
      limit.check();
    }
  } while (chunk.has_more);
}

Groups SqliteStore::aggregate_traces(const TraceQuery& query, const Aggregation& aggregation) {
  return impl_->aggregate(query, aggregation);
}

Groups SqliteStore::aggregate_spans(const SpanQuery& query, const Aggregation& aggregation) {
  return impl_->aggregate(query, aggregation);
}

Groups SqliteStore::aggregate_events(const EventQuery& query, const Aggregation& aggregation) {
  return impl_->aggregate(query, aggregation);
}

Groups SqliteStore::aggregate_metrics(const MetricQuery& query, const Aggregation& aggregation) {
  return impl_->aggregate(query, aggregation);
}

std::uint64_t SqliteStore::put(std::string_view kind, std::string_view id, const Value& content,
                               std::uint64_t expected_revision) {
  return impl_->with_writer([&](Writer& writer) { return writer.put(kind, id, content, expected_revision); });
}

PruneResult SqliteStore::prune(const PruneOptions& options) {
  validate(options);
  constexpr std::size_t most_rows = 1'000'000;
  PruneGoal goal{.max_bytes = options.max_bytes, .max_rows = std::min(options.rows_per_transaction, most_rows)};
  if (options.before) goal.before_ns = options.before->time_since_epoch().count();
  PruneResult result;
  bool looks_at_all_orphans = false;
  for (;;) {
    const PruneLeft left = impl_->prune_once(goal, result);
    if (options.progress && !options.progress(result)) return result;
    if (left != PruneLeft::rows && !looks_at_all_orphans) {
      // The steps before have looked at orphans while there were traces older than them, from anywhere.
      impl_->with_writer([](Writer& writer) { writer.look_at_all_orphans(); });
      looks_at_all_orphans = true;
    } else if (left == PruneLeft::nothing) {
      result.complete = true;
      return result;
    }
    detail::sqlite::pause_for_other_writers();
  }
}

std::optional<Document> SqliteStore::get(std::string_view kind, std::string_view id) {
  return detail::sqlite::get_document(*impl_->readers().borrow(), kind, id);
}

std::vector<std::string> SqliteStore::list(std::string_view kind) {
  return detail::sqlite::list_documents(*impl_->readers().borrow(), kind);
}

}  // namespace spark

extern "C" spark::Sink* spark_make_sqlite_sink(const spark::TelemetryConfig& config) {
  return new spark::SqliteStore({.path = config.db_path,
                                 .durability = config.durability,
                                 .retention_age = config.retention_age,
                                 .retention_bytes = config.retention_bytes});
}

#include "spark/backends/postgresql.h"

#include <unistd.h>

#include <limits>
#include <mutex>
#include <thread>
#include <utility>

#include "backends/postgresql/aggregates.h"
#include "backends/postgresql/pool.h"
#include "backends/postgresql/queries.h"
#include "backends/postgresql/writer.h"
#include "spark/base/error.h"
#include "telemetry/aggregate_state.h"
#include "telemetry/backend_symbols.h"
#include "telemetry/environment_variables.h"
#include "telemetry/query_rules.h"

namespace spark {

using detail::TimeLimit;
using detail::postgresql::Connection;
using detail::postgresql::Pool;
using detail::postgresql::Settings;
using detail::postgresql::StopSignal;
using detail::postgresql::Writer;

class PostgresqlStore::Impl {
 public:
  explicit Impl(const PostgresqlOptions& options)
      : settings_(detail::postgresql::resolve_settings(options)),
        name("postgresql " + settings_.target.description),
        process_(::getpid()),
        clock_(options.clock != nullptr ? *options.clock : system_clock()),
        pool_(settings_, stop_),
        writer_(settings_, stop_) {}

  [[nodiscard]] bool is_of_this_process() const noexcept { return process_ == ::getpid(); }
  void check_process() const {
    if (is_of_this_process()) return;
    throw Error(ErrorCode::unsupported, name + ": this store was made before fork(); make another");
  }

  // A host is the same in any case; a service, or a folder of sockets, which begins with a slash, is not.
  [[nodiscard]] std::string destination() const {
    const std::string& whole = settings_.target.database;
    const std::size_t host_size = whole.starts_with("service ") ? 0 : std::min(whole.find('/'), whole.size());
    return "postgresql " + detail::lower_case(whole.substr(0, host_size)) + whole.substr(host_size);
  }

  void write(const Batch& batch) {
    check_process();
    const std::lock_guard lock(writer_mutex_);
    refusals_ = {};
    refusals_ = writer_.write(batch);
    prune_after_write();
  }

  bool prune_once(std::int64_t before_ns, PostgresqlPruneResult& result) {
    check_process();
    const std::lock_guard lock(writer_mutex_);
    return writer_.prune(before_ns, result);
  }

  // A query that has been checked.
  template <class Query, class Function>
  auto query(const Query& query, const Function& function) {
    detail::check_query(query);
    return run(TimeLimit(query.time_limit, settings_.options.query_time_limit), function);
  }
  template <class Function>
  auto run(const TimeLimit& limit, const Function& function) {
    check_process();
    return pool_.run(limit, function);
  }
  template <class Query>
  [[nodiscard]] Groups aggregate(const Query& query, const Aggregation& aggregation) {
    detail::check_aggregate(query);
    const TimeLimit limit(query.time_limit, settings_.options.query_time_limit);
    return run(limit, [&](Connection& connection, Deadline) {
      return detail::postgresql::aggregate(connection, query, aggregation, limit);
    });
  }
  [[nodiscard]] TimeLimit usual_limit() const { return {std::nullopt, settings_.options.query_time_limit}; }

  [[nodiscard]] Refusals take_refusals() { return std::exchange(refusals_, {}); }
  void stop() noexcept {
    // A forked child shares the descriptor with its parent.
    if (is_of_this_process()) stop_.set();
  }

 private:
  // Never throws: the batch is stored, and what could not be deleted now is tried again.
  void prune_after_write() noexcept {
    constexpr std::chrono::seconds interval{60};
    constexpr std::chrono::milliseconds time_for_one_write{100};
    if (settings_.options.retention_age.count() == 0) return;
    const auto began = clock_.steady_now();
    if (began < next_look_) return;
    next_look_ = began + interval;
    // In doubles: an age of 10^11 s would overflow as nanoseconds, and nothing is older than the first of them.
    const std::int64_t now_ns = clock_.wall_now().time_since_epoch().count();
    const double age_ns = settings_.options.retention_age.count() * 1e9;
    if (static_cast<double>(now_ns) - age_ns <= static_cast<double>(std::numeric_limits<std::int64_t>::min())) return;
    try {
      PostgresqlPruneResult result;
      while (!writer_.prune(now_ns - static_cast<std::int64_t>(age_ns), result)) {
        if (clock_.steady_now() - began < time_for_one_write) continue;
        next_look_ = began;  // more is left, for after the next write
        return;
      }
    } catch (...) {
      // A lasting fault shows in the writes, which report it.
    }
  }

  const Settings settings_;

 public:
  const std::string name;

 private:
  const int process_;
  Clock& clock_;
  StopSignal stop_;
  Pool pool_;
  std::mutex writer_mutex_;
  Writer writer_;
  Refusals refusals_;
  std::chrono::nanoseconds next_look_ = std::chrono::nanoseconds::min();
};

PostgresqlStore::PostgresqlStore(PostgresqlOptions options) : impl_(std::make_unique<Impl>(options)) {}

PostgresqlStore::~PostgresqlStore() {
  // A forked child has its parent's mutexes as they were.
  if (!impl_->is_of_this_process()) static_cast<void>(impl_.release());
}

std::string_view PostgresqlStore::name() const noexcept { return impl_->name; }
std::string PostgresqlStore::destination() const { return impl_->destination(); }
void PostgresqlStore::write(const Batch& batch) { impl_->write(batch); }
void PostgresqlStore::flush(Deadline) {}
Refusals PostgresqlStore::take_refusals() { return impl_->take_refusals(); }

bool PostgresqlStore::abandon() noexcept {
  impl_->stop();
  return true;
}

Page<Trace> PostgresqlStore::query_traces(const TraceQuery& query) {
  return impl_->query(query, [&](Connection& connection, Deadline deadline) {
    return detail::postgresql::query_traces(connection, query, deadline);
  });
}

Page<Span> PostgresqlStore::query_spans(const SpanQuery& query) {
  return impl_->query(query, [&](Connection& connection, Deadline deadline) {
    return detail::postgresql::query_spans(connection, query, deadline);
  });
}

Page<Event> PostgresqlStore::query_events(const EventQuery& query) {
  return impl_->query(query, [&](Connection& connection, Deadline deadline) {
    return detail::postgresql::query_events(connection, query, deadline);
  });
}

Page<Metric> PostgresqlStore::query_metrics(const MetricQuery& query) {
  return impl_->query(query, [&](Connection& connection, Deadline deadline) {
    return detail::postgresql::query_metrics(connection, query, deadline);
  });
}

Page<GraphDefinition> PostgresqlStore::query_graphs(const GraphQuery& query) {
  return impl_->query(query, [&](Connection& connection, Deadline deadline) {
    return detail::postgresql::query_graphs(connection, query, deadline);
  });
}

void PostgresqlStore::each_span(const SpanQuery& query, const std::function<bool(const Span&)>& visit) {
  // Large enough that finding the place again costs nothing.
  constexpr std::size_t chunk_size = 1'000;
  detail::check_each(query);
  const TimeLimit limit = query.time_limit ? TimeLimit(query.time_limit, *query.time_limit) : impl_->usual_limit();
  detail::postgresql::SpanChunk chunk;
  do {
    // The connection is given back before the visitor is called, who may want it.
    chunk = impl_->run(limit, [&](Connection& connection, Deadline deadline) {
      return detail::postgresql::next_spans(connection, query, chunk.last, chunk_size, deadline);
    });
    for (const Span& span : chunk.spans) {
      if (!visit(span)) return;
      limit.check();
    }
  } while (chunk.has_more);
}

Groups PostgresqlStore::aggregate_traces(const TraceQuery& query, const Aggregation& aggregation) {
  return impl_->aggregate(query, aggregation);
}
Groups PostgresqlStore::aggregate_spans(const SpanQuery& query, const Aggregation& aggregation) {
  return impl_->aggregate(query, aggregation);
}
Groups PostgresqlStore::aggregate_events(const EventQuery& query, const Aggregation& aggregation) {
  return impl_->aggregate(query, aggregation);
}
Groups PostgresqlStore::aggregate_metrics(const MetricQuery& query, const Aggregation& aggregation) {
  return impl_->aggregate(query, aggregation);
}

std::uint64_t PostgresqlStore::put(std::string_view kind, std::string_view id, const Value& content,
                                   std::uint64_t expected_revision) {
  return impl_->run(impl_->usual_limit(), [&](Connection& connection, Deadline deadline) {
    // That the connection is still there shows here, where trying again on another one is harmless.
    connection.execute("SELECT 1", deadline, "write a document");
    try {
      return detail::postgresql::put_document(connection, kind, id, content, expected_revision, deadline);
    } catch (const RetryableError& error) {
      throw Error(error.code(), error.what());  // whether it is stored is not known
    }
  });
}

std::optional<Document> PostgresqlStore::get(std::string_view kind, std::string_view id) {
  return impl_->run(impl_->usual_limit(), [&](Connection& connection, Deadline deadline) {
    return detail::postgresql::get_document(connection, kind, id, deadline);
  });
}

std::vector<std::string> PostgresqlStore::list(std::string_view kind) {
  return impl_->run(impl_->usual_limit(), [&](Connection& connection, Deadline deadline) {
    return detail::postgresql::list_documents(connection, kind, deadline);
  });
}

PostgresqlPruneResult PostgresqlStore::prune(Timestamp before) {
  PostgresqlPruneResult result;
  while (!impl_->prune_once(before.time_since_epoch().count(), result)) std::this_thread::yield();
  return result;
}

}  // namespace spark

extern "C" spark::Sink* spark_make_postgresql_sink(const spark::TelemetryConfig& config) {
  return new spark::PostgresqlStore({.connection_string = config.connection_string,
                                     .durability = config.durability,
                                     .retention_age = config.retention_age});
}

// Writer is the one connection of a store that writes batches and deletes old rows. It connects, and makes or checks
// the tables, when it is first needed and after each loss. Owned by the store, which calls it from one thread at a
// time.
//
// A batch is one transaction, written in the first of three ways that works:
//   copy     straight into the tables, in pieces of which the server works on one while the next is encoded; only what
//            may change a row (a trace that began in an earlier batch) is merged. Optimistic: a batch that is there
//            already, in part or whole, because its first attempt had an unknown outcome, meets a unique violation.
//   merge    INSERT … SELECT FROM unnest(…) ON CONFLICT, which adds what is not there.
//   careful  the same in parts, to find the rows that the server refuses and write all others (careful_write.h). The
//            one way that is not one transaction.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "backends/postgresql/batch_rows.h"
#include "backends/postgresql/conninfo.h"
#include "backends/postgresql/partitions.h"
#include "backends/postgresql/schema.h"
#include "spark/telemetry/sink.h"

namespace spark::detail::postgresql {

class Writer {
 public:
  // Connects to nothing yet. Both must live as long.
  Writer(const Settings& settings, const StopSignal& stop)
      : settings_(settings),
        stop_(stop),
        partitions_(settings.options.clock != nullptr ? *settings.options.clock : system_clock()) {}

  // Throws Error, RetryableError where another attempt may succeed, be it that somebody has to put the database right
  // for it. Then the batch is not there, or, if the connection was lost, perhaps there: as a whole, or in part if the
  // server refuses rows of it. Another attempt is right in all cases.
  Refusals write(const Batch& batch);
  // Deletes what is older, for a while: true when nothing more is. Adds to `result`.
  bool prune(std::int64_t before_ns, PostgresqlPruneResult& result);

 private:
  enum class Way : std::uint8_t { copy, merge };

  [[nodiscard]] Connection& connection(Deadline deadline);
  [[nodiscard]] Deadline begin();
  std::int64_t resource_number(const Resource& resource, Deadline deadline);
  [[nodiscard]] Refusals write(const BatchRows& rows, Way way, Deadline deadline);
  void write_at_once(const BatchRows& rows, Way way, Deadline deadline);
  void copy(const TableRows& table, Deadline deadline);
  [[nodiscard]] bool has_rights(Deadline deadline);
  void roll_back(Deadline deadline);

  const Settings& settings_;
  const StopSignal& stop_;
  std::unique_ptr<Connection> connection_;
  Layout layout_;
  Partitions partitions_;
  std::string resource_json_;
  std::optional<std::int64_t> resource_number_;
  int traces_at_once_ = 500;   // that are deleted; fewer once that has taken too long
  bool is_uncertain_ = false;  // whether the batch that is tried now may be there already
};

}  // namespace spark::detail::postgresql

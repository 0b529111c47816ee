// Writer is the one connection of a store that writes batches and deletes old rows. It connects, and makes or checks
// the tables, when it is first needed and after each loss. Owned by the store, which calls it from one thread at a
// time.
//
// A batch is one transaction, written in the first of three ways that works:
//   copy     straight into the large tables, which is quickest. Optimistic: a batch that is there already, in part or
//            whole, because its first attempt had an unknown outcome, meets a unique violation.
//   merge    INSERT … SELECT FROM unnest(…) ON CONFLICT, which adds what is not there.
//   careful  the same, halved again and again at savepoints, until the rows that the server refuses are found. They go
//            to dead_letters, all others to their tables.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "backends/postgresql/batch_rows.h"
#include "backends/postgresql/conninfo.h"
#include "backends/postgresql/partitions.h"
#include "backends/postgresql/schema.h"
#include "spark/telemetry/sink.h"

namespace spark::detail::postgresql {

class Writer {
 public:
  // Connects to nothing yet. Both must live as long.
  Writer(const Settings& settings, const StopSignal& stop) : settings_(settings), stop_(stop) {}

  // Throws Error, RetryableError where another attempt may succeed. Then the batch is either not there or, if the
  // connection was lost at the end, there as a whole; another attempt is right in both cases.
  Refusals write(const Batch& batch);
  // Deletes what is older, for a while: true when nothing more is. Adds to `result`.
  bool prune(std::int64_t before_ns, PostgresqlPruneResult& result);

 private:
  enum class Way : std::uint8_t { copy, merge, careful };

  [[nodiscard]] Connection& connection(Deadline deadline);
  [[nodiscard]] Deadline begin();
  std::int64_t resource_number(const Resource& resource, Deadline deadline);
  void write_once(const BatchRows& rows, Way way, Deadline deadline, Refusals& refusals);
  void merge(const TableRows& table, std::size_t from, std::size_t to, Deadline deadline);
  void write_carefully(const TableRows& table, std::size_t from, std::size_t to, Deadline deadline, Refusals& refusals);
  void set_aside(const TableRows& table, std::size_t row, const std::string& reason, Deadline deadline,
                 Refusals& refusals);
  // False: the server refuses that, too.
  bool keep_letter(std::string_view kind, std::string_view reason, std::string_view record, Deadline deadline);
  void roll_back(Deadline deadline);

  const Settings& settings_;
  const StopSignal& stop_;
  std::unique_ptr<Connection> connection_;
  Layout layout_;
  Partitions partitions_;
  std::string resource_json_;
  std::optional<std::int64_t> resource_number_;
  bool is_uncertain_ = false;  // whether the batch that is tried now may be there already
};

}  // namespace spark::detail::postgresql

// Source is where records are read from: a Store with its queries, and what the commands need besides, which each kind
// of database answers in its own way. Opened for reading: nothing is made, migrated or changed by it.
//
// Made by open_source(); whoever holds it owns it. What it gives out must end before it. For one thread. Functions
// block and throw Error that names the file or the server.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "apps/sparktel/sources/location.h"
#include "spark/base/clock.h"
#include "spark/base/ids.h"
#include "spark/base/value.h"
#include "spark/telemetry/sink.h"

namespace spark::sparktel {

// The rows of one SELECT, one after the other.
class SqlRows {
 public:
  virtual ~SqlRows() = default;

  [[nodiscard]] virtual int columns() const = 0;
  [[nodiscard]] virtual std::string name(int column) const = 0;
  // To the next row, and first to the first one; false after the last.
  virtual bool step() = 0;
  // Of that row: null, bool, int, double, string or bytes.
  [[nodiscard]] virtual Value value(int column) const = 0;
};

struct SqlView {
  std::string name = {};
  std::vector<std::string> columns = {};
};

// Which traces get something while others write.
class Changes {
 public:
  virtual ~Changes() = default;

  // About `count` traces that were active last, some of them twice. From this call on changed() gives what is new;
  // without it, what is there already is new, too.
  [[nodiscard]] virtual std::vector<TraceId> latest(std::size_t count) = 0;
  // Whether anything may have been committed since the last call. Costs next to nothing where nothing was. Throws
  // Error(unavailable) if it is another database that is there now.
  [[nodiscard]] virtual bool any() = 0;
  // Of the traces that are watched, and of all others, those that may have got something since the last call.
  [[nodiscard]] virtual std::vector<TraceId> changed(const std::vector<TraceId>& watched) = 0;
  // How many spans name this trace.
  [[nodiscard]] virtual std::int64_t count_spans(TraceId id) = 0;
};

// What there is of a trace, as far as it takes to tell whether two databases have the same of it: records do not
// change, but for a trace's own, which gets an end.
struct TraceContents {
  bool is_started = false;  // it has a row of its own
  bool is_implied = false;  // it has none, but is known from spans
  std::optional<std::int64_t> end_ns = {};
  std::uint64_t spans = 0;
  std::uint64_t events = 0;
  std::uint64_t metrics = 0;
  std::uint64_t ids = 0;  // the sum of the low 32 bits of their ids

  bool operator==(const TraceContents&) const = default;
};

class Source {
 public:
  virtual ~Source() = default;

  [[nodiscard]] virtual Store& store() = 0;
  // As Location::name().
  [[nodiscard]] virtual const std::string& name() const noexcept = 0;

  // At most `count` ids after this one, ascending, of everything that any record names.
  [[nodiscard]] virtual std::vector<TraceId> trace_ids_after(TraceId id, std::size_t count) = 0;
  // About how many there are, for a progress.
  [[nodiscard]] virtual std::uint64_t count_traces() = 0;
  // Of those of these traces that are there; an invalid id stands for what has no trace.
  [[nodiscard]] virtual std::unordered_map<TraceId, TraceContents> contents_of(std::span<const TraceId> ids) = 0;

  [[nodiscard]] virtual std::unique_ptr<Changes> follow() = 0;

  // Exactly one statement, which may only read. Throws Error: invalid_argument (not SQL, or several statements, or
  // none), permission_denied (it would write), timeout; its rows do so too.
  [[nodiscard]] virtual std::unique_ptr<SqlRows> select(const std::string& statement, Seconds time_limit) = 0;
  // traces, spans, events, metrics and graphs.
  [[nodiscard]] virtual std::vector<SqlView> views() = 0;
};

}  // namespace spark::sparktel

#include <sqlite3.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <string>

#include "apps/sparktel/doctor/examine.h"
#include "apps/sparktel/files/database.h"
#include "apps/sparktel/terminal/text.h"
#include "spark/telemetry/aggregate.h"
#include "spark/telemetry/query.h"

namespace spark::sparktel {

namespace {

using namespace std::chrono_literals;

// The clocks of machines that keep time differ by less.
constexpr auto tolerated_skew = 5s;
// The first version without the fault that docs/sqlite-format.md describes.
constexpr int version_without_fault = 3'051'003;

}  // namespace

void check_integrity(Database& database, bool full, std::vector<Finding>& findings) {
  QueryRows rows(database, full ? "PRAGMA integrity_check(1)" : "PRAGMA quick_check(1)");
  const std::string answer = rows.step() ? rows.text(0) : std::string();
  if (answer == "ok") {
    findings.push_back({"integrity", Health::good,
                        full ? "every page and index is sound" : "every page is sound; --full checks the indexes too",
                        ""});
    return;
  }
  findings.push_back({"integrity", Health::bad, "damaged: " + answer,
                      "Stop what writes it, keep the file with its -wal, and restore a copy. What can be read of it: "
                      "sqlite3 FILE .recover | sqlite3 saved.db; or, where one record is damaged, sparktel export "
                      "--trace of the others."});
}

// Programs with TelemetryConfig::self_metrics record what they dropped, by reason.
void check_drops(Store& store, const std::string& where, std::vector<Finding>& findings) {
  MetricQuery query{.name = "otel.sdk.processor.span.processed"};
  query.time_limit = Seconds{60};
  std::map<std::string, double> dropped;
  bool is_known = false;
  for (const Group& group : store.aggregate_metrics(query, {.by = {group_by_attribute("error.type")}})) {
    is_known = true;
    if (group.keys[0].is_string()) dropped[group.keys[0].as_string()] += group.sum;
  }
  if (!is_known) {
    findings.push_back({"drops", Health::unknown, "not recorded in this " + where,
                        "With TelemetryConfig::self_metrics programs record what they drop; each also has it in "
                        "TelemetryManager::stats()."});
    return;
  }
  std::string list;
  for (const auto& [reason, count] : dropped) {
    if (!(count > 0)) continue;
    list +=
        (list.empty() ? "" : ", ") + format_count(static_cast<std::uint64_t>(std::min(count, 1e18))) + " by " + reason;
  }
  if (list.empty()) {
    findings.push_back({"drops", Health::good, "no span was dropped", ""});
    return;
  }
  findings.push_back(
      {"drops", Health::doubtful, "spans were dropped: " + list,
       "ring_full: raise ring_bytes_total or sample; queue_full: the disk is too slow, raise queue_bytes; "
       "sink_error: TelemetryManager::stats() has the last error."});
}

void check_clock(Store& store, Timestamp now, std::vector<Finding>& findings) {
  TraceQuery query{.limit = 1};
  query.with_attributes = false;
  const Page<Trace> page = store.query_traces(query);
  if (page.empty()) {
    findings.push_back({"clock", Health::good, "no traces yet", ""});
    return;
  }
  const Timestamp newest = page.front().start_time;
  if (newest > now + tolerated_skew) {
    findings.push_back({"clock", Health::doubtful,
                        "the newest trace starts " + format_duration(elapsed(now, newest)) + " in the future",
                        "The clock of the machine that recorded it is ahead, or this one's is behind: look at both "
                        "(timedatectl). Order and age of such traces are wrong, durations are not."});
    return;
  }
  findings.push_back({"clock", Health::good,
                      "no trace is in the future; the newest started " +
                          (newest < now ? format_duration(elapsed(newest, now)) + " ago" : std::string("just now")),
                      ""});
}

void check_sqlite_version(std::vector<Finding>& findings) {
  const std::string version = std::string("SQLite ") + sqlite3_libversion();
  if (sqlite3_libversion_number() >= version_without_fault) {
    findings.push_back({"sqlite", Health::good, version, ""});
    return;
  }
  findings.push_back({"sqlite", Health::good,
                      version + " has the WAL-reset fault, which cannot happen here: this library writes and "
                                "checkpoints under a lock of its own",
                      "While a program records, open the file with other tools only for reading: sqlite3 -readonly."});
}

}  // namespace spark::sparktel

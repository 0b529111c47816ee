// What sparktel doctor looks at. Each check gives findings, each with what to do about it. Nothing is changed by them:
// no lock is taken, no file made. For one thread; blocks.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "spark/base/clock.h"
#include "spark/telemetry/sink.h"

namespace spark::sparktel {

class Database;

enum class Health : std::uint8_t { good, unknown, doubtful, bad };

// "ok", "unknown", "warning", "problem". Static storage.
[[nodiscard]] std::string_view to_string(Health health) noexcept;

struct Finding {
  std::string check = {};  // "schema", "integrity", …
  Health health = Health::good;
  std::string message = {};
  std::string advice = {};  // what to do; may be there for what is good too
};

struct ExamineOptions {
  std::string path = {};
  bool full = false;  // check every page and index, which reads the whole file
  Clock* clock = &system_clock();
};

// All checks, in the order in which they should be read. A file that cannot be opened gets only those that need none.
[[nodiscard]] std::vector<Finding> examine(const ExamineOptions& options);

// The parts of it.
void check_permissions(const std::string& path, std::vector<Finding>& findings);
void check_lock(const std::string& path, std::vector<Finding>& findings);
void check_disk(const std::string& path, std::vector<Finding>& findings);
void check_sqlite_version(std::vector<Finding>& findings);
void check_integrity(Database& database, bool full, std::vector<Finding>& findings);
void check_drops(Store& store, std::vector<Finding>& findings);
void check_clock(Store& store, Timestamp now, std::vector<Finding>& findings);

}  // namespace spark::sparktel

// What sparktel doctor looks at. Each check gives findings, each with what to do about it. Nothing is changed by them:
// no lock is taken, no file made. For one thread; blocks.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "apps/sparktel/sources/location.h"
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
  std::string path = {};  // of a file
  bool full = false;      // check that indexes agree with their tables, which reads everything
  Clock* clock = &system_clock();
};

// All checks, in the order in which they should be read. A file that cannot be opened gets only those that need none.
[[nodiscard]] std::vector<Finding> examine(const ExamineOptions& options);
// Of a file or of a database in a server.
[[nodiscard]] std::vector<Finding> examine(const Location& where, ExamineOptions options);

// A check that fails itself is a finding too, so that the others are still made.
void guarded(const char* name, std::vector<Finding>& findings, const std::function<void()>& check);

// The parts of it.
void check_permissions(const std::string& path, std::vector<Finding>& findings);
void check_lock(const std::string& path, std::vector<Finding>& findings);
void check_disk(const std::string& path, std::vector<Finding>& findings);
void check_sqlite_version(std::vector<Finding>& findings);
void check_integrity(Database& database, bool full, std::vector<Finding>& findings);
// `where` is "file" or "database".
void check_drops(Store& store, const std::string& where, std::vector<Finding>& findings);
void check_clock(Store& store, Timestamp now, std::vector<Finding>& findings);

}  // namespace spark::sparktel

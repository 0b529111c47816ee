#include "apps/sparktel/doctor/examine.h"

#include <filesystem>
#include <memory>
#include <system_error>

#include "apps/sparktel/files/database.h"
#include "apps/sparktel/postgresql/postgresql.h"
#include "spark/backends/sqlite.h"
#include "spark/base/error.h"

namespace spark::sparktel {

std::string_view to_string(Health health) noexcept {
  switch (health) {
    case Health::good:
      return "ok";
    case Health::unknown:
      return "unknown";
    case Health::doubtful:
      return "warning";
    case Health::bad:
      return "problem";
  }
  return {};
}

void guarded(const char* name, std::vector<Finding>& findings, const std::function<void()>& check) {
  try {
    check();
  } catch (const Error& error) {
    findings.push_back({name, Health::bad, error.what(), ""});
  }
}

std::vector<Finding> examine(const ExamineOptions& options) {
  std::vector<Finding> findings;
  std::error_code ignored;
  // Links lead to one file with one lock file, as the library sees it.
  const auto canonical = std::filesystem::weakly_canonical(std::filesystem::absolute(options.path), ignored);
  const std::string path = canonical.empty() ? options.path : canonical.string();
  std::unique_ptr<SqliteStore> store;
  guarded("schema", findings, [&] {
    store = std::make_unique<SqliteStore>(
        SqliteOptions{.path = options.path, .query_time_limit = Seconds{600}, .read_only = true});
  });
  if (store) {
    guarded("integrity", findings, [&] {
      Database database(path);
      findings.push_back(
          {"schema", Health::good,
           "format version " + std::to_string(database.integer("PRAGMA user_version")) + ", as this program writes it",
           ""});
      check_integrity(database, options.full, findings);
    });
  }
  if (std::filesystem::is_regular_file(path, ignored)) {
    check_lock(path, findings);
    check_permissions(path, findings);
    check_disk(path, findings);
  }
  if (store) {
    guarded("drops", findings, [&] { check_drops(*store, "file", findings); });
    guarded("clock", findings, [&] { check_clock(*store, options.clock->wall_now(), findings); });
  }
  check_sqlite_version(findings);
  return findings;
}

std::vector<Finding> examine(const Location& where, ExamineOptions options) {
  if (where.is_server()) return examine_postgresql(where.connection_string(), options);
  options.path = where.path();
  return examine(options);
}

}  // namespace spark::sparktel

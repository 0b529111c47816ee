// The password of a connection string is shown nowhere: not in names, errors, results, statistics, what is logged, the
// spool, or the rows of the database, whatever goes wrong.
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "backends/temporary_directory.h"
#include "postgresql/fixture.h"
#include "spark/telemetry/manager.h"

namespace spark::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* hidden = "canary-5f2c9b71";

class PostgresqlSecrets : public PostgresqlTest {
 protected:
  [[nodiscard]] std::string with_password(const std::string& to) const {
    return "postgresql://spark:" + std::string(hidden) + "@" + to;
  }
  [[nodiscard]] std::string here() const { return "127.0.0.1:" + std::to_string(server().port()); }

  // Records, asks, and gives every text that came of it.
  std::string everything_said(const std::string& connection_string, const std::string& spool_path) {
    std::ostringstream all;
    ::testing::internal::CaptureStderr();
    ::testing::internal::CaptureStdout();
    try {
      TelemetryConfig config = TelemetryConfig::create_postgresql(
          connection_string,
          {.reliable = {.initial_backoff = 10ms, .max_backoff = 20ms, .max_elapsed = 100ms, .spool_path = spool_path}});
      config.self_metrics = true;
      config.export_interval = 20ms;
      TelemetryManager manager(config);
      manager.start_span("step", TraceId{1, 1}).end();
      add_results(all, manager.flush(1s));
      try {
        static_cast<void>(manager.query_spans({.time_limit = 1s}));
      } catch (const std::exception& error) {
        all << error.what() << '\n';
      }
      add_results(all, manager.shutdown(500ms));
      const Stats stats = manager.stats();
      EXPECT_TRUE(stats.balanced());
      for (const SinkStats& sink : stats.sinks) all << sink.name << '\n' << sink.last_error << '\n';
    } catch (const std::exception& error) {
      all << error.what() << '\n';
    }
    all << ::testing::internal::GetCapturedStderr() << ::testing::internal::GetCapturedStdout();
    for (const auto& entry : std::filesystem::recursive_directory_iterator(directory_.path())) {
      if (entry.is_regular_file()) all << entry.path() << std::ifstream(entry.path(), std::ios::binary).rdbuf() << '\n';
    }
    return all.str();
  }
  static void add_results(std::ostringstream& all, const FlushResult& result) {
    for (const auto& sink : result.sinks) all << sink.name << '\n' << sink.error << '\n';
  }

  TemporaryDirectory directory_;
};

TEST_F(PostgresqlSecrets, are_shown_nowhere_whatever_goes_wrong) {
  const std::string wrong[] = {
      with_password(here() + "/nowhere"),
      with_password(here() + "/" + database_ + "?sslmode=require"),
      with_password("127.0.0.1:1/" + database_),
      with_password("127.0.0.1:99999/" + database_),
      with_password(here() + "/" + database_ + "?application_name=x&max_size=0"),
      with_password("@" + here() + "/" + database_),
      with_password(here() + "/" + database_ + "?options=-c%20nonsense%3D1"),
      "host=127.0.0.1 port=1 user=u password='" + std::string(hidden) + "'",
      "host=127.0.0.1 port=1 passfile=/nowhere user=u password=" + std::string(hidden) + " nonsense",
  };
  int number = 0;
  for (const std::string& connection_string : wrong) {
    for (const bool has_spool : {false, true}) {
      const std::string spool = has_spool ? (directory_.path() / ("spool" + std::to_string(++number))).string() : "";
      const std::string said = everything_said(connection_string, spool);
      EXPECT_THAT(said, Not(HasSubstr(hidden)));
      EXPECT_THAT(said, HasSubstr("ostgre")) << "something was said, after all";
    }
  }
}

TEST_F(PostgresqlSecrets, are_in_no_row_of_the_database) {
  EXPECT_THAT(everything_said(with_password(here() + "/" + database_), directory_.file("spool")),
              Not(HasSubstr(hidden)));
  EXPECT_EQ(value("SELECT count(*) FROM spans"), "1");
  EXPECT_NE(value("SELECT count(*) FROM metrics"), "0") << "of the manager itself";
  for (const auto& table : run_sql(uri_,
                                   "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND "
                                   "relkind = 'r'")) {
    EXPECT_THAT(value("SELECT coalesce(string_agg(t::text, ' '), '') FROM " + table[0] + " AS t"),
                Not(HasSubstr(hidden)))
        << table[0];
  }
}

TEST_F(PostgresqlSecrets, of_the_environment_are_shown_nowhere) {
  ::setenv("PGPASSWORD", hidden, 1);
  const std::string said = everything_said("host=127.0.0.1 port=1 user=u", directory_.file("spool"));
  const std::string in_place =
      everything_said("host=127.0.0.1 user=spark dbname=nowhere port=" + std::to_string(server().port()), "");
  ::unsetenv("PGPASSWORD");
  EXPECT_THAT(said, Not(HasSubstr(hidden)));
  EXPECT_THAT(in_place, Not(HasSubstr(hidden)));
}

}  // namespace
}  // namespace spark::testing

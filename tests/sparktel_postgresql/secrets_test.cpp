// The password of a connection string appears in nothing that a command prints, whatever goes wrong: nobody listens,
// the server refuses the password, the database or a parameter, or everything is as it should be.
#include <algorithm>
#include <chrono>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "sparktel_postgresql/fixture.h"

namespace spark::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* canary = "canary-9d41e7a2";

class SecretsOfCommands : public WithServer {
 protected:
  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(WithServer::SetUp());
    run_sql(dsn, "CREATE ROLE locked LOGIN PASSWORD 'another'");
    static const bool asks = ask_for_passwords();
    ASSERT_TRUE(asks);
    {
      PostgresqlStore store({.connection_string = dsn});
      fill_with_everything(store);
    }
    SqliteStore({.path = directory.file("copy.db")}).flush({});
  }
  void TearDown() override {
    if (server != nullptr) run_sql(dsn, "DROP ROLE locked");
  }

  [[nodiscard]] std::string with_password(const std::string& user, const std::string& to) const {
    return "postgresql://" + user + ":" + canary + "@" + to;
  }
  [[nodiscard]] std::string here() const { return "127.0.0.1:" + std::to_string(server->port()) + "/"; }

 private:
  // Of this role alone: the server believes all others.
  bool ask_for_passwords() {
    const std::string path = value_of(dsn, "SHOW hba_file");
    std::ifstream old_file(path);
    const std::string others((std::istreambuf_iterator<char>(old_file)), {});
    std::ofstream(path) << "host all locked 127.0.0.1/32 scram-sha-256\n" << others;
    run_sql(dsn, "SELECT pg_reload_conf()");
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (std::chrono::steady_clock::now() < end) {
      try {
        run_sql(with_password("locked", here() + database), "SELECT 1");
      } catch (const std::runtime_error& error) {
        return std::string(error.what()).find("password authentication failed") != std::string::npos;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
  }
};

TEST_F(SecretsOfCommands, AppearNowhere) {
  const std::string good = with_password("spark", here() + database);
  const std::string targets[] = {
      good,
      with_password("spark", "127.0.0.1:1/" + database),
      with_password("locked", here() + database),
      with_password("spark", here() + "nowhere"),
      good + "?options=-c%20nonsense%3D1",
      good + "?sslmode=require",
      "host=/nowhere user=spark password=" + std::string(canary),
  };
  const std::vector<std::vector<std::string>> commands = {
      {"traces"},
      {"traces", "--json"},
      {"show", "latest"},
      {"spans"},
      {"spans", "--json"},
      {"events"},
      {"metrics"},
      {"errors"},
      {"errors", "--json"},
      {"stats"},
      {"stats", "--json"},
      {"bottlenecks"},
      {"cost"},
      {"compare", "a", "b"},
      {"export"},
      {"export", "--to", "otlp-json"},
      {"import", directory.file("copy.db")},
      {"sql", "SELECT 'x' FROM nothing"},
      {"sql", "SELECT 1 AS one", "--json"},
      {"prune", "--older-than", "3650d", "--dry-run"},
      {"tail", "--for", "1ms"},
      {"receive", "--port", "0", "--for", "1ms"},
      {"receive", "--port", "0", "--for", "1ms", "--json"},
      {"doctor"},
      {"doctor", "--json"},
  };
  for (const std::string& target : targets) {
    for (std::vector<std::string> arguments : commands) {
      // Of sql the database is a word without a name.
      if (arguments.front() != "sql") arguments.insert(arguments.begin() + 1, "--db");
      arguments.insert(arguments.begin() + (arguments.front() == "sql" ? 1 : 2), target);
      const ChildResult result = run_sparktel(arguments);
      const std::string what = arguments.front() + " of target " + std::to_string(&target - targets);
      EXPECT_THAT(result.out + result.error, Not(HasSubstr(canary))) << what;
      EXPECT_NE(result.exit_code, 2) << what << " has wrong arguments: " << result.error;
      EXPECT_GE(result.exit_code, 0) << what;
      if (target != good) {
        EXPECT_EQ(result.exit_code, 1) << what << ": " << result.out;
      }
    }
  }
}

// Nor what comes from elsewhere.
TEST_F(SecretsOfCommands, OfTheEnvironmentAppearNowhere) {
  const std::string nobody = "host=127.0.0.1 port=1 user=spark";
  const std::string locked =
      "host=127.0.0.1 port=" + std::to_string(server->port()) + " user=locked dbname=" + database;
  for (const std::string& target : {nobody, locked}) {
    for (const char* command : {"traces", "doctor", "export"}) {
      const ChildResult result = run_sparktel({command, "--db", target}, {"PGPASSWORD=" + std::string(canary)});
      EXPECT_EQ(result.exit_code, 1) << command;
      EXPECT_THAT(result.out + result.error, Not(HasSubstr(canary))) << command;
    }
  }
}

}  // namespace
}  // namespace spark::testing

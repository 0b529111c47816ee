// A PostgreSQL server of the tests' and benchmarks' own: made in a temporary folder, on a free port of the loopback and
// a socket in that folder, run as an unprivileged user, and ended with the process, also where that is killed. That of
// the tests is made when it is first needed, and forgets everything in a crash of the machine, which makes it quick.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "backends/temporary_directory.h"

namespace spark::testing {

class PostgresServer {
 public:
  // Whether the programs are installed.
  [[nodiscard]] static bool is_installed() noexcept;
  // The one of this process, running.
  [[nodiscard]] static PostgresServer& instance();
  // Another one, running, with settings as in postgresql.conf: "fsync=off".
  explicit PostgresServer(std::vector<std::string> settings);

  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;
  ~PostgresServer();

  // Ready for connections when it returns. Not while it runs.
  void start();
  enum class Stop { fast, immediate };
  void stop(Stop how);
  // Stops it as the terminal's Ctrl-Z does, and lets it go on: the postmaster, or one server process of it.
  void suspend(pid_t process) const;
  void resume(pid_t process) const;
  [[nodiscard]] pid_t postmaster() const noexcept { return process_; }

  // A connection string for a database, by the loopback.
  [[nodiscard]] std::string uri(const std::string& database, const std::string& user = "spark") const;
  [[nodiscard]] int port() const noexcept { return port_; }
  // Makes an empty database with a name of its own, and gives its name.
  [[nodiscard]] std::string make_database();

 private:
  void run(const std::vector<std::string>& command) const;

  const std::vector<std::string> settings_;
  TemporaryDirectory directory_;
  int port_ = 0;
  pid_t process_ = -1;
  int databases_ = 0;
};

// Runs SQL over a connection of its own; the last result's rows, as text, NULL as "(null)". Throws std::runtime_error.
std::vector<std::vector<std::string>> run_sql(const std::string& uri, const std::string& sql);
// Its first value.
std::string value_of(const std::string& uri, const std::string& sql);

}  // namespace spark::testing

// Connection is one session with the server, by libpq without blocking: every wait is ours, on the socket, until a
// deadline or a stop, so that a server that hangs or was stopped costs the deadline and no more. Move-only; one thread
// at a time; ends with its scope. A forked child has none of it: its copy of the socket is closed as it begins.
//
// Functions throw StatementError for what the server refuses, which leaves the session usable (outside of a transaction
// that it has failed); RetryableError for a connection that is lost or a deadline that has passed, after which the
// session is broken; and Error(cancelled) after the stop. Messages say what was attempted on what, without secrets.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "backends/postgresql/conninfo.h"
#include "backends/postgresql/inherited_sockets.h"
#include "backends/postgresql/parameters.h"
#include "backends/postgresql/result.h"
#include "backends/postgresql/stop_signal.h"
#include "spark/telemetry/sink.h"

namespace spark::detail::postgresql {

class Connection {
 public:
  // Connects to the first of the target's hosts that will have it, by `deadline`, of which each has its share, and
  // within connect_timeout each. (Looking up a host's name is libpq's and takes what the system's resolver takes,
  // whatever the deadline.) Target and stop must live as long.
  Connection(const Target& target, const StopSignal& stop, Deadline deadline);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection();

  // False once it was lost or left in the middle of an answer.
  [[nodiscard]] bool is_usable() const noexcept;
  [[nodiscard]] bool is_in_transaction() const noexcept;
  [[nodiscard]] int server_process() const noexcept { return PQbackendPID(handle_); }
  // 150'020 is 15.20.
  [[nodiscard]] int server_version() const noexcept { return PQserverVersion(handle_); }

  // The server ends statements that take longer, too, so that it does not work for nobody.
  void limit_statements(Seconds limit, Deadline deadline);

  // One or several statements without parameters; the last one's result.
  Result execute(const std::string& sql, Deadline deadline, const char* attempted);
  // One statement; all its rows.
  Result query(const std::string& sql, const Parameters& parameters, Deadline deadline, const char* attempted);
  // The same, row by row: `visit` gets each as a result of one row. If it gives false, the rest is given up and the
  // session with it.
  void stream(const std::string& sql, const Parameters& parameters, Deadline deadline, const char* attempted,
              const std::function<bool(const Result&)>& visit);
  // Runs statements of which the last is a COPY … FROM STDIN, and sends it the data.
  void copy(const std::string& sql, const std::function<std::string_view()>& next_piece, Deadline deadline,
            const char* attempted);

  // What was attempted in which database: "PostgreSQL HOST:PORT/DATABASE as USER: cannot ATTEMPTED: WHY".
  [[nodiscard]] std::string message(const char* attempted, const std::string& why) const;

 private:
  enum class Wait : std::uint8_t { read, read_or_write };

  void connect(Deadline deadline);
  void connect_to(const Target::Pairs& parameters, Deadline deadline);
  void set_up(Deadline deadline);
  void wait(Wait wait, Deadline deadline, const char* attempted);
  void flush(Deadline deadline, const char* attempted);
  // Null after the last.
  [[nodiscard]] Result next(Deadline deadline, const char* attempted);
  // Reads to the end of an answer; throws the first error in it.
  Result finish(Deadline deadline, const char* attempted);
  void send(const std::string& sql, const Parameters& parameters, const char* attempted);
  [[noreturn]] void lose(const char* attempted);
  [[noreturn]] void refuse(const Result& result, const char* attempted) const;

  const Target& target_;
  const StopSignal& stop_;
  PGconn* handle_ = nullptr;
  InheritedSocket socket_;
  std::vector<std::string> secrets_;
  const int process_;
  std::int64_t statement_limit_ms_ = -1;
  bool is_broken_ = false;
};

}  // namespace spark::detail::postgresql

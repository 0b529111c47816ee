#include "backends/postgresql/connection.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>

#include "backends/postgresql/sql_error.h"
#include "spark/base/error.h"

namespace spark::detail::postgresql {
namespace {

// Of a deadline that is near or past, the poll that follows takes no time; of one that is far, it wakes now and then.
int milliseconds_until(Deadline deadline) {
  constexpr std::chrono::milliseconds longest = std::chrono::minutes(1);
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Deadline::clock::now());
  return static_cast<int>(std::clamp(left, std::chrono::milliseconds(0), longest).count());
}

std::string trimmed(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  return text;
}

}  // namespace

Connection::Connection(const Target& target, const StopSignal& stop, Deadline deadline)
    : target_(target), stop_(stop), process_(::getpid()) {
  try {
    connect(deadline);
  } catch (...) {
    PQfinish(handle_);
    throw;
  }
}

Connection::~Connection() {
  // A child's copy is the parent's, whose session a farewell would end.
  if (process_ != ::getpid()) return;
  socket_ = {};
  PQfinish(handle_);
}

void Connection::connect(Deadline deadline) {
  const auto most = std::chrono::duration_cast<Deadline::duration>(target_.connect_timeout);
  for (std::size_t left = target_.hosts.size(); left > 0; --left) {
    const auto now = Deadline::clock::now();
    const auto share = std::min(most, (deadline - now) / static_cast<Deadline::rep>(left));
    try {
      connect_to(target_.hosts[target_.hosts.size() - left], now + share);
      break;
    } catch (const RetryableError&) {
      if (left == 1) throw;
      PQfinish(handle_);
      handle_ = nullptr;
      is_broken_ = false;
    }
  }
  socket_ = InheritedSocket(PQsocket(handle_));
  set_up(std::min(deadline, Deadline::clock::now() + most));
}

void Connection::connect_to(const Target::Pairs& parameters, Deadline deadline) {
  constexpr const char* attempted = "connect";
  std::vector<const char*> keywords, values;
  const auto add = [&](const char* keyword, const char* value) {
    keywords.push_back(keyword);
    values.push_back(value);
  };
  // First, so that what the connection string says comes later and wins. A server whose machine is gone is noticed in a
  // minute.
  add("fallback_application_name", "spark-telemetry");
  add("keepalives_idle", "30");
  add("keepalives_interval", "10");
  add("keepalives_count", "3");
  add("tcp_user_timeout", "60000");
  for (const auto& [keyword, value] : parameters) {
    add(keyword.c_str(), value.c_str());
    if (keyword == "password" || keyword == "sslpassword") secrets_.push_back(value);
  }
  add("client_encoding", "UTF8");
  add(nullptr, nullptr);
  handle_ = PQconnectStartParams(keywords.data(), values.data(), 0);
  if (handle_ == nullptr) throw std::bad_alloc();
  // From the environment or a password file.
  if (const char* password = PQpass(handle_); password != nullptr) secrets_.emplace_back(password);
  if (PQstatus(handle_) == CONNECTION_BAD) lose(attempted);
  for (PostgresPollingStatusType wanted = PGRES_POLLING_WRITING; wanted != PGRES_POLLING_OK;) {
    if (wanted == PGRES_POLLING_FAILED) lose(attempted);
    wait(wanted == PGRES_POLLING_READING ? Wait::read : Wait::read_or_write, deadline, attempted);
    wanted = PQconnectPoll(handle_);
  }
}

void Connection::set_up(Deadline deadline) {
  constexpr const char* attempted = "set up the session";
  PQsetnonblocking(handle_, 1);
  PQsetErrorVerbosity(handle_, PQERRORS_TERSE);
  PQsetNoticeReceiver(
      handle_, [](void*, const PGresult*) {}, nullptr);
  // Whoever waits for a lock sees what was done meanwhile. And the server notices in a minute that this machine is
  // gone, also in the middle of a COPY, when no time limit of its own holds.
  execute(
      "SET standard_conforming_strings = on; SET extra_float_digits = 1; SET timezone = 'UTC'; SET "
      "default_transaction_isolation = 'read committed'; SET tcp_keepalives_idle = 30; SET tcp_keepalives_interval = "
      "10; "
      "SET tcp_keepalives_count = 3",
      deadline, attempted);
  try {
    // Also one that is left in the middle of a statement. Not every system can.
    if (server_version() >= 140'000) execute("SET client_connection_check_interval = '5s'", deadline, attempted);
  } catch (const StatementError&) {
  }
}

bool Connection::is_usable() const noexcept {
  return !is_broken_ && PQstatus(handle_) == CONNECTION_OK && PQtransactionStatus(handle_) != PQTRANS_ACTIVE;
}

bool Connection::is_in_transaction() const noexcept { return PQtransactionStatus(handle_) != PQTRANS_IDLE; }

void Connection::limit_statements(Seconds limit, Deadline deadline) {
  constexpr double longest_ms = 2'147'483'647;
  const auto ms = static_cast<std::int64_t>(std::clamp(std::ceil(limit.count() * 1e3), 1.0, longest_ms));
  if (ms == statement_limit_ms_) return;
  execute("SET statement_timeout = " + std::to_string(ms), deadline, "set a time limit");
  statement_limit_ms_ = ms;
}

void Connection::wait(Wait wait, Deadline deadline, const char* attempted) {
  for (;;) {
    pollfd waits[] = {{PQsocket(handle_), POLLIN, 0}, {stop_.descriptor(), POLLIN, 0}};
    // While connecting libpq wants the one or the other, and a socket that connects is not readable.
    if (wait == Wait::read_or_write) waits[0].events = PQstatus(handle_) == CONNECTION_OK ? POLLIN | POLLOUT : POLLOUT;
    const int ready = ::poll(waits, 2, milliseconds_until(deadline));
    if (stop_.is_set()) {
      is_broken_ = true;
      throw Error(ErrorCode::cancelled, message(attempted, "nobody waits for it any longer"));
    }
    if (ready > 0 && waits[0].revents != 0) return;
    if (ready < 0 && errno != EINTR) lose(attempted);
    if (Deadline::clock::now() >= deadline) {
      is_broken_ = true;
      throw RetryableError(ErrorCode::timeout, message(attempted, "the server did not answer in time"));
    }
  }
}

void Connection::flush(Deadline deadline, const char* attempted) {
  for (;;) {
    const int left = PQflush(handle_);
    if (left < 0) lose(attempted);
    if (left == 0) return;
    wait(Wait::read_or_write, deadline, attempted);
    // The server may have sent so much that it reads nothing before somebody reads that.
    if (PQconsumeInput(handle_) == 0) lose(attempted);
  }
}

Result Connection::next(Deadline deadline, const char* attempted) {
  flush(deadline, attempted);
  while (PQisBusy(handle_) != 0) {
    wait(Wait::read, deadline, attempted);
    if (PQconsumeInput(handle_) == 0) lose(attempted);
  }
  return Result(PQgetResult(handle_));
}

Result Connection::finish(Deadline deadline, const char* attempted) {
  Result last, failed;
  while (Result result = next(deadline, attempted)) {
    const ExecStatusType status = result.status();
    const bool is_failure = status == PGRES_FATAL_ERROR || status == PGRES_BAD_RESPONSE;
    if (status == PGRES_COPY_IN) return result;
    if (is_failure && !failed) failed = std::move(result);
    if (!is_failure) last = std::move(result);
    if (PQstatus(handle_) == CONNECTION_BAD) break;
  }
  if (failed) refuse(failed, attempted);
  if (PQstatus(handle_) == CONNECTION_BAD) lose(attempted);
  return last;
}

Result Connection::execute(const std::string& sql, Deadline deadline, const char* attempted) {
  if (PQsendQuery(handle_, sql.c_str()) == 0) lose(attempted);
  return finish(deadline, attempted);
}

void Connection::send(const std::string& sql, const Parameters& parameters, const char* attempted) {
  std::vector<const char*> values;
  std::vector<int> sizes;
  for (const std::string& value : parameters.values()) {
    values.push_back(value.data());
    sizes.push_back(static_cast<int>(value.size()));
  }
  const std::vector<int> binary(values.size(), 1);
  if (PQsendQueryParams(handle_, sql.c_str(), static_cast<int>(values.size()), parameters.types().data(), values.data(),
                        sizes.data(), binary.data(), 1) == 0) {
    lose(attempted);
  }
}

Result Connection::query(const std::string& sql, const Parameters& parameters, Deadline deadline,
                         const char* attempted) {
  send(sql, parameters, attempted);
  return finish(deadline, attempted);
}

void Connection::stream(const std::string& sql, const Parameters& parameters, Deadline deadline, const char* attempted,
                        const std::function<bool(const Result&)>& visit) {
  send(sql, parameters, attempted);
  PQsetSingleRowMode(handle_);
  struct BreakUnlessRead {
    Connection& connection;
    bool is_read = false;
    ~BreakUnlessRead() { connection.is_broken_ = connection.is_broken_ || !is_read; }
  } guard{*this};
  while (Result result = next(deadline, attempted)) {
    if (result.status() == PGRES_FATAL_ERROR) {
      if (PQstatus(handle_) != CONNECTION_BAD) {
        while (next(deadline, attempted)) {
        }
        guard.is_read = true;
      }
      refuse(result, attempted);
    }
    if (result.status() == PGRES_SINGLE_TUPLE && !visit(result)) return;
  }
  if (PQstatus(handle_) == CONNECTION_BAD) lose(attempted);
  guard.is_read = true;
}

void Connection::copy(const std::string& sql, const std::function<std::string_view()>& next_piece, Deadline deadline,
                      const char* attempted) {
  const Result begun = execute(sql, deadline, attempted);
  if (begun.status() != PGRES_COPY_IN) lose(attempted);
  // What is sent at once waits in memory. That the server refuses a row shows at the end: until then it reads on.
  constexpr std::size_t most_at_once = 1 << 18;
  for (std::string_view piece = next_piece(); !piece.empty();) {
    const std::string_view now = piece.substr(0, most_at_once);
    const int sent = PQputCopyData(handle_, now.data(), static_cast<int>(now.size()));
    if (sent < 0) lose(attempted);
    // All was sent before, so it is for memory that libpq could not take it.
    if (sent == 0) throw std::bad_alloc();
    piece.remove_prefix(now.size());
    flush(deadline, attempted);
    if (piece.empty()) piece = next_piece();
  }
  if (PQputCopyEnd(handle_, nullptr) == 0) throw std::bad_alloc();
  static_cast<void>(finish(deadline, attempted));
}

std::string Connection::message(const char* attempted, const std::string& why) const {
  return "PostgreSQL " + target_.description + ": cannot " + attempted + ": " + scrubbed(why, secrets_);
}

void Connection::lose(const char* attempted) {
  is_broken_ = true;
  const std::string why = trimmed(PQerrorMessage(handle_));
  throw RetryableError(ErrorCode::unavailable, message(attempted, why.empty() ? "the connection was lost" : why));
}

void Connection::refuse(const Result& result, const char* attempted) const {
  const auto field = [&](int code) {
    const char* text = PQresultErrorField(result.get(), code);
    return std::string(text != nullptr ? text : "");
  };
  const std::string state = field(PG_DIAG_SQLSTATE);
  // Without a state it is libpq that says so: the connection ended.
  if (state.empty()) {
    const std::string why = trimmed(PQresultErrorMessage(result.get()));
    throw RetryableError(ErrorCode::unavailable, message(attempted, why.empty() ? "the connection was lost" : why));
  }
  std::string why = field(PG_DIAG_MESSAGE_PRIMARY);
  if (const std::string constraint = field(PG_DIAG_CONSTRAINT_NAME);
      !constraint.empty() && why.find(constraint) == std::string::npos) {
    why += " (constraint " + constraint + ")";
  }
  why = scrubbed(why + " (SQLSTATE " + state + ")", secrets_);
  throw StatementError(state, why, message(attempted, why));
}

}  // namespace spark::detail::postgresql

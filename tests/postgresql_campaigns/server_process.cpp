#include "postgresql_campaigns/server_process.h"

#include <poll.h>

#include <csignal>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <thread>

namespace spark::testing {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using Result = std::unique_ptr<PGresult, decltype(&PQclear)>;

constexpr std::chrono::minutes patience{2};

// A signal that stops is sent at once and obeyed soon after. False: the process is gone.
bool stop(pid_t process) {
  if (::kill(process, SIGSTOP) != 0) return false;
  for (;;) {
    std::ifstream file("/proc/" + std::to_string(process) + "/stat");
    const std::string stat((std::istreambuf_iterator<char>(file)), {});
    const std::size_t name_end = stat.rfind(')');
    if (name_end == std::string::npos || name_end + 2 >= stat.size()) return false;
    const char state = stat[name_end + 2];
    if (state == 'Z' || state == 'X') return false;
    if (state == 'T') return true;
    std::this_thread::yield();
  }
}

}  // namespace

void ServerProcess::connect() {
  for (const auto end = Clock::now() + patience; Clock::now() < end;) {
    if (connection_ != nullptr && PQstatus(connection_.get()) == CONNECTION_OK) return;
    connection_.reset(PQconnectdb(uri_.c_str()));
    PQsetNoticeReceiver(
        connection_.get(), [](void*, const PGresult*) {}, nullptr);
    if (PQstatus(connection_.get()) != CONNECTION_OK) std::this_thread::sleep_for(2ms);
  }
  throw std::runtime_error("the server does not come back");
}

std::optional<std::string> ServerProcess::ask(const std::string& sql) {
  const auto end = Clock::now() + 500ms;
  if (PQsendQuery(connection_.get(), sql.c_str()) == 0) return std::nullopt;
  std::string value;
  for (;;) {
    while (PQisBusy(connection_.get()) != 0) {
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now());
      pollfd wait{PQsocket(connection_.get()), POLLIN, 0};
      if (left <= 0ms || ::poll(&wait, 1, static_cast<int>(left.count())) != 1) return std::nullopt;
      if (PQconsumeInput(connection_.get()) == 0) return std::nullopt;
    }
    const Result result(PQgetResult(connection_.get()), &PQclear);
    if (result == nullptr) return value;
    const ExecStatusType status = PQresultStatus(result.get());
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) return std::nullopt;
    if (PQntuples(result.get()) > 0) value = PQgetvalue(result.get(), 0, 0);
  }
}

void ServerProcess::set(const std::string& setting) {
  for (const auto end = Clock::now() + patience; Clock::now() < end; connection_.reset()) {
    connect();
    if (ask("ALTER SYSTEM " + setting) && ask("SELECT pg_reload_conf()")) return;
  }
  throw std::runtime_error("the server does not " + setting);
}

bool ServerProcess::kill_while(const std::string& condition, Random& random) {
  const std::string find = "SELECT pid FROM pg_stat_activity WHERE application_name = '" + application_name_ +
                           "' ORDER BY backend_start DESC";
  for (const auto end = Clock::now() + patience; Clock::now() < end;) {
    connect();
    const auto found = ask(find);
    if (!found) connection_.reset();
    if (!found || found->empty()) {
      std::this_thread::sleep_for(1ms);
      continue;
    }
    const pid_t process = std::stoi(*found);
    const std::string look =
        "SELECT 'yes' FROM pg_stat_activity WHERE state = 'active' AND pid = " + *found + " AND " + condition;
    for (int i = 0; i < 200; ++i) {
      std::this_thread::sleep_for(std::chrono::microseconds(random.next() % 2'000));
      if (!stop(process)) break;
      const auto holds = ask(look);
      if (!holds || *holds == "yes") {
        ::kill(process, SIGKILL);
        if (!holds) connection_.reset();
        return holds.has_value();
      }
      ::kill(process, SIGCONT);
    }
  }
  throw std::runtime_error("it was never so: " + condition);
}

}  // namespace spark::testing

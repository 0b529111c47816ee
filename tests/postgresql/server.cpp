#include "postgresql/server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <grp.h>
#include <libpq-fe.h>
#include <netinet/in.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <thread>
#include <utility>

namespace spark::testing {
namespace {

#ifdef SPARK_POSTGRESQL_FOLDER
constexpr const char* folder = SPARK_POSTGRESQL_FOLDER;
#else
constexpr const char* folder = nullptr;
#endif

int free_port() {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  const bool is_bound = ::bind(socket, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                        ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  ::close(socket);
  if (!is_bound) throw std::runtime_error("there is no free port");
  return ntohs(address.sin_port);
}

// The server refuses to run as root.
const passwd* unprivileged_user() {
  if (::geteuid() != 0) return nullptr;
  for (const char* name : {"postgres", "nobody"}) {
    if (const passwd* user = ::getpwnam(name)) return user;
  }
  throw std::runtime_error("PostgreSQL does not run as root, and there is no user postgres or nobody");
}

// Starts a program that ends with this process.
pid_t spawn(const std::vector<std::string>& command, const std::string& log, int end_signal) {
  const passwd* user = unprivileged_user();
  std::vector<char*> arguments;
  for (const std::string& argument : command) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) throw std::runtime_error("cannot fork");
  if (child > 0) return child;
  const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  ::dup2(out, 1);
  ::dup2(out, 2);
  if (user != nullptr && (::setgroups(0, nullptr) != 0 || ::setgid(user->pw_gid) != 0 || ::setuid(user->pw_uid) != 0)) {
    ::_exit(126);
  }
  ::prctl(PR_SET_PDEATHSIG, end_signal);
  if (::getppid() != parent) ::_exit(125);
  ::setenv("LC_ALL", "C.UTF-8", 1);
  ::execv(arguments[0], arguments.data());
  ::_exit(127);
}

std::string content_of(const std::string& file) {
  std::ostringstream out;
  out << std::ifstream(file).rdbuf();
  return out.str();
}

}  // namespace

bool PostgresServer::is_installed() noexcept { return folder != nullptr; }

PostgresServer& PostgresServer::instance() {
  static PostgresServer server({"fsync=off", "full_page_writes=off", "shared_buffers=64MB", "max_connections=100",
                                "autovacuum=off", "max_wal_size=2GB"});
  return server;
}

PostgresServer::PostgresServer(std::vector<std::string> settings) : settings_(std::move(settings)), port_(free_port()) {
  if (const passwd* user = unprivileged_user()) {
    if (::chown(directory_.path().c_str(), user->pw_uid, user->pw_gid) != 0) {
      throw std::runtime_error("cannot give away " + directory_.path().string());
    }
  }
  run({std::string(folder) + "/initdb", "-D", directory_.file("data"), "-U", "spark", "--auth=trust", "--no-sync",
       "--no-instructions", "--encoding=UTF8", "--locale=C.UTF-8"});
  start();
}

PostgresServer::~PostgresServer() {
  if (process_ > 0) stop(Stop::immediate);
}

void PostgresServer::run(const std::vector<std::string>& command) const {
  const std::string log = directory_.file("run.log");
  int status = 0;
  ::waitpid(spawn(command, log, SIGKILL), &status, 0);
  if (status != 0) throw std::runtime_error(command[0] + " failed: " + content_of(log));
}

void PostgresServer::start() {
  const std::string log = directory_.file("server.log");
  std::vector<std::string> command{std::string(folder) + "/postgres",
                                   "-D",
                                   directory_.file("data"),
                                   "-p",
                                   std::to_string(port_),
                                   "-h",
                                   "127.0.0.1",
                                   "-k",
                                   directory_.path().string()};
  for (const std::string& setting : settings_) command.insert(command.end(), {"-c", setting});
  // SIGQUIT is an immediate stop.
  process_ = spawn(command, log, SIGQUIT);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (PQping(uri("postgres").c_str()) != PQPING_OK) {
    if (::waitpid(process_, nullptr, WNOHANG) != 0 || std::chrono::steady_clock::now() > deadline) {
      process_ = -1;
      throw std::runtime_error("the server does not start: " + content_of(log));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

void PostgresServer::stop(Stop how) {
  ::kill(process_, how == Stop::fast ? SIGINT : SIGQUIT);
  ::waitpid(process_, nullptr, 0);
  process_ = -1;
}

void PostgresServer::suspend(pid_t process) const { ::kill(process, SIGSTOP); }
void PostgresServer::resume(pid_t process) const { ::kill(process, SIGCONT); }

std::string PostgresServer::uri(const std::string& database, const std::string& user) const {
  return "postgresql://" + user + "@127.0.0.1:" + std::to_string(port_) + "/" + database;
}

std::string PostgresServer::make_database() {
  const std::string name = "test_" + std::to_string(++databases_);
  run_sql(uri("postgres"), "CREATE DATABASE " + name);
  return name;
}

std::vector<std::vector<std::string>> run_sql(const std::string& uri, const std::string& sql) {
  const std::unique_ptr<PGconn, decltype(&PQfinish)> connection(PQconnectdb(uri.c_str()), &PQfinish);
  if (PQstatus(connection.get()) != CONNECTION_OK) throw std::runtime_error(PQerrorMessage(connection.get()));
  const std::unique_ptr<PGresult, decltype(&PQclear)> result(PQexec(connection.get(), sql.c_str()), &PQclear);
  const ExecStatusType status = PQresultStatus(result.get());
  if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
    throw std::runtime_error(sql + ": " + PQerrorMessage(connection.get()));
  }
  std::vector<std::vector<std::string>> rows;
  for (int row = 0; row < PQntuples(result.get()); ++row) {
    std::vector<std::string>& values = rows.emplace_back();
    for (int column = 0; column < PQnfields(result.get()); ++column) {
      const bool is_null = PQgetisnull(result.get(), row, column) != 0;
      values.emplace_back(is_null ? "(null)" : PQgetvalue(result.get(), row, column));
    }
  }
  return rows;
}

std::string value_of(const std::string& uri, const std::string& sql) {
  const auto rows = run_sql(uri, sql);
  return rows.empty() || rows[0].empty() ? "(none)" : rows[0][0];
}

}  // namespace spark::testing

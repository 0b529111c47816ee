// Time limits that hold whatever the server does, what messages say and do not say, and connection strings.
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "backends/postgresql/conninfo.h"
#include "postgresql/fixture.h"

namespace spark::testing {
namespace {

using namespace std::chrono_literals;
using PostgresqlLimits = PostgresqlTest;

constexpr const char* canary = "c4n4ry-hunter2";

// Of this database's connections but that which asks.
const std::string others =
    " FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> "
    "pg_backend_pid()";

TEST_F(PostgresqlLimits, a_query_is_cancelled_at_its_limit_by_the_server_too) {
  PostgresqlStore store(options());
  write_spans(store, 1, 11);
  // Spans whose names take for ever.
  run_sql(uri_,
          "CREATE FUNCTION slow(text) RETURNS text LANGUAGE sql VOLATILE AS 'SELECT pg_sleep(600)::text'; ALTER TABLE "
          "spans_data RENAME TO spans_real; CREATE VIEW spans_data AS SELECT trace_id, start_ns, span_id, parent_id, "
          "slow(name) AS name, kind, duration_ns, status, status_message, error_type, resource, attributes FROM "
          "spans_real");
  const Thrown thrown = thrown_by([&] { static_cast<void>(store.query_spans({.time_limit = 300ms})); });
  EXPECT_EQ(thrown.code, "timeout") << thrown.message;
  EXPECT_EQ(thrown_by([&] {
              static_cast<void>(store.aggregate_spans({.time_limit = 300ms}, {.by = {group_by_name()}}));
            }).code,
            "timeout");
  EXPECT_EQ(value("SELECT count(*)" + others + " AND state = 'active'"), "0");
  EXPECT_EQ(store.query_events({}).size(), 0U) << "the connection goes on";
}

TEST_F(PostgresqlLimits, a_stopped_postmaster_costs_a_new_connection_its_limit) {
  PostgresqlStore store({.connection_string = uri_ + "?connect_timeout=60", .write_time_limit = 300ms});
  server().suspend(server().postmaster());
  const Thrown query = thrown_by([&] { static_cast<void>(store.query_spans({.time_limit = 300ms})); });
  const Thrown write = thrown_by([&] { write_spans(store, 1, 2); });
  server().resume(server().postmaster());
  EXPECT_EQ(query.code, "timeout") << query.message;
  EXPECT_EQ(write.code, "timeout") << write.message;
  EXPECT_TRUE(write.is_retryable);
}

TEST_F(PostgresqlLimits, a_stopped_server_process_costs_a_statement_its_limit) {
  PostgresqlStore store({.connection_string = uri_, .write_time_limit = 5s});
  write_spans(store, 1, 2);
  static_cast<void>(store.query_spans({}));
  const auto pids = run_sql(uri_, "SELECT pid" + others);
  for (const auto& row : pids) server().suspend(std::stoi(row[0]));
  const Thrown query = thrown_by([&] { static_cast<void>(store.query_spans({.time_limit = 300ms})); });
  const Thrown write = thrown_by([&] { write_spans(store, 2, 3); });
  for (const auto& row : pids) server().resume(std::stoi(row[0]));
  EXPECT_EQ(query.code, "timeout") << query.message;
  EXPECT_EQ(write.code, "timeout") << write.message;
  EXPECT_TRUE(write.is_retryable);
  write_spans(store, 2, 3);
  EXPECT_EQ(store.query_spans({}).size(), 2U);
}

// Takes connections and says nothing.
class SilentServer {
 public:
  SilentServer() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address_;
    auto* const address = reinterpret_cast<sockaddr*>(&address_);
    if (::bind(socket_, address, size) != 0 || ::listen(socket_, 16) != 0) throw std::runtime_error("cannot listen");
    ::getsockname(socket_, address, &size);
  }
  SilentServer(const SilentServer&) = delete;
  SilentServer& operator=(const SilentServer&) = delete;
  ~SilentServer() { ::close(socket_); }
  [[nodiscard]] std::string port() const { return std::to_string(ntohs(address_.sin_port)); }

 private:
  int socket_;
  sockaddr_in address_{};
};

TEST_F(PostgresqlLimits, a_host_that_is_silent_leaves_time_for_the_next) {
  const SilentServer silent;
  const std::string ports = silent.port() + "," + std::to_string(server().port());
  const std::string common = "user=spark dbname=" + database_ + " port=" + ports;
  for (const std::string hosts : {"host=127.0.0.1,127.0.0.1 connect_timeout=2 ", "hostaddr=127.0.0.1,127.0.0.1 "}) {
    PostgresqlStore store({.connection_string = hosts + common});
    const Thrown thrown = thrown_by([&] { write_spans(store, 1, 11); });
    EXPECT_EQ(thrown.code, "nothing") << thrown.message;
    EXPECT_EQ(store.query_spans({}).size(), 10U);
  }
}

TEST_F(PostgresqlLimits, a_session_has_the_name_that_the_environment_gives_it) {
  ::setenv("PGAPPNAME", "by environment", 1);
  PostgresqlStore store(options());
  write_spans(store, 1, 2);
  ::unsetenv("PGAPPNAME");
  EXPECT_EQ(value("SELECT application_name" + others), "by environment");
  PostgresqlStore other({.connection_string = uri_ + "?application_name=by%20hand"});
  write_spans(other, 1, 2);
  EXPECT_EQ(value("SELECT string_agg(application_name, '|' ORDER BY application_name)" + others),
            "by environment|by hand");
}

TEST_F(PostgresqlLimits, a_document_whose_name_cannot_be_is_not_found) {
  PostgresqlStore store(options());
  for (const std::string& odd : {std::string("a\0b", 3), std::string("\xFF")}) {
    EXPECT_EQ(store.get("kind", odd), std::nullopt);
    EXPECT_EQ(store.get(odd, "id"), std::nullopt);
    EXPECT_TRUE(store.list(odd).empty());
  }
}

TEST_F(PostgresqlLimits, abandoning_ends_a_write_that_waits) {
  PostgresqlStore store(options());
  write_spans(store, 1, 2);
  run_sql(uri_,
          "CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(600); RETURN "
          "NEW; END $$; CREATE TRIGGER wait BEFORE INSERT ON spans_data FOR EACH ROW EXECUTE FUNCTION wait()");
  Thrown thrown;
  std::thread writer([&] { thrown = thrown_by([&] { write_spans(store, 2, 3); }); });
  while (value("SELECT count(*)" + others + " AND wait_event = 'PgSleep'") != "1") std::this_thread::yield();
  EXPECT_TRUE(store.abandon());
  writer.join();
  EXPECT_EQ(thrown.code, "cancelled") << thrown.message;
  run_sql(uri_, "SELECT pg_terminate_backend(pid)" + others);
}

TEST_F(PostgresqlLimits, more_queries_than_connections_wait_for_their_turn) {
  PostgresqlStore store({.connection_string = uri_ + "?min_size=1&max_size=2"});
  write_spans(store, 1, 11);
  std::vector<std::thread> threads;
  std::atomic<int> answered = 0;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (int query = 0; query < 20; ++query) answered += store.query_spans({}).size() == 10 ? 1 : 0;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(answered, 160);
  EXPECT_EQ(value("SELECT count(*)" + others), "3") << "two and the writer's";
}

TEST_F(PostgresqlLimits, a_password_is_in_no_message_and_no_name) {
  const std::string port = std::to_string(server().port());
  // A role that must give another password.
  run_sql(uri_, "CREATE ROLE locked_" + database_ + " LOGIN PASSWORD 'other'");
  const std::string strings[] = {
      "postgresql://u:" + std::string(canary) + "@127.0.0.1:1/db",
      "host=127.0.0.1 port=1 user=u password=" + std::string(canary),
      "host=127.0.0.1 port=1 user=u password = '" + std::string(canary) + "'",
      "postgresql://spark:" + std::string(canary) + "@127.0.0.1:" + port + "/nowhere",
      "postgresql://spark:" + std::string(canary) + "@127.0.0.1:" + port + "/" + database_ + "?sslmode=require",
      "host=127.0.0.1 password=" + std::string(canary) + " and more",
      "postgresql://u:" + std::string(canary) + "@@host:port/db",
      "postgresql://u@host/db?password=" + std::string(canary) + "&unknown=x",
      "host=127.0.0.1 " + std::string(canary),
      "postgresql://u:" + std::string(canary) + "@h/db?max_size=" + canary,
      "postgresql://u:se/" + std::string(canary) + "@h/db",
      "postgresql://u:1/" + std::string(canary) + "@h/db",
      "postgresql://u:1/" + std::string(canary) + "?@h/db",
      "postgresql://u:p@" + std::string(canary) + "@127.0.0.1:1/db",
      "postgresql://u:p@" + std::string(canary) + "/x@127.0.0.1:1/db",
      "postgresql://u:" + std::string(canary),
      "postgresql://u:" + std::string(canary) + "/h/db",
      "host=127.0.0.1 port=" + std::string(canary),
      "gin=" + std::string(canary),
      "partitioning=" + std::string(canary),
  };
  for (const std::string& string : strings) {
    std::string name;
    const Thrown thrown = thrown_by([&] {
      PostgresqlStore store({.connection_string = string});
      name = store.name();
      write_spans(store, 1, 2);
    });
    EXPECT_NE(thrown.code, "nothing");
    EXPECT_EQ(thrown.message.find(canary), std::string::npos) << thrown.message;
    EXPECT_EQ(name.find(canary), std::string::npos) << name;
  }
}

TEST(PostgresqlConnectionString, a_server_that_repeats_the_password_is_silenced) {
  EXPECT_EQ(detail::postgresql::scrubbed("no c4n4ry, c4n4ry!", {"", "c4n4ry"}), "no ***, ***!");
}

TEST(PostgresqlConnectionString, our_parameters_are_taken_out_and_the_others_are_libpqs) {
  using detail::postgresql::resolve_settings;
  for (const char* string :
       {"postgresql://ann@h:77/db?min_size=2&sslmode=prefer&max_size=9&partitioning=native&gin=off",
        "host=h port = 77 user='ann' min_size=2 dbname=db sslmode=prefer max_size = '9' partitioning=native gin=off"}) {
    const auto settings = resolve_settings({.connection_string = string});
    EXPECT_EQ(settings.options.min_size, 2U);
    EXPECT_EQ(settings.options.max_size, 9U);
    EXPECT_EQ(settings.options.partitioning, Partitioning::native);
    EXPECT_FALSE(settings.options.gin);
    EXPECT_TRUE(settings.options.manage_schema);
    EXPECT_EQ(settings.target.description, "h:77/db as ann");
    const auto& parameters = settings.target.parameters;
    const std::pair<std::string, std::string> mode("sslmode", "prefer");
    EXPECT_NE(std::find(parameters.begin(), parameters.end(), mode), parameters.end());
  }
}

TEST(PostgresqlConnectionString, an_at_sign_may_stand_where_it_means_nothing) {
  using detail::postgresql::resolve_settings;
  const auto description = [](const char* string) {
    return resolve_settings({.connection_string = string}).target.description;
  };
  EXPECT_EQ(description("postgresql://ann:p%40ss%2Fword@h:77/db"), "h:77/db as ann");
  EXPECT_EQ(description("postgresql://ann:p?ss@h:77/db?options=a@b"), "h:77/db as ann");
  EXPECT_EQ(description("postgresql://ann@[::1]:77,other:78/db"), "::1,other:77,78/db as ann");
}

// A server that hangs holds the sink's thread no longer than that, whatever is left of the queue's room.
TEST(PostgresqlConnectionString, the_time_for_a_write_is_short_and_can_be_said) {
  using detail::postgresql::resolve_settings;
  const auto usual = resolve_settings({.connection_string = "host=h"});
  EXPECT_EQ(usual.options.write_time_limit, 10s);
  EXPECT_EQ(usual.target.connect_timeout, 5s);
  for (const char* string :
       {"host=h write_time_limit=3 connect_timeout=7", "postgresql://h/db?write_time_limit=3&connect_timeout=7"}) {
    const auto settings = resolve_settings({.connection_string = string});
    EXPECT_EQ(settings.options.write_time_limit, 3s);
    EXPECT_EQ(settings.target.connect_timeout, 7s);
  }
  EXPECT_EQ(resolve_settings({.connection_string = "connect_timeout=-1"}).target.connect_timeout, 24h);
  EXPECT_EQ(thrown_by([&] { PostgresqlStore({.write_time_limit = Seconds(1e300)}); }).code, "invalid_argument");
}

TEST(PostgresqlConnectionString, what_is_out_of_range_is_refused) {
  for (const char* string : {"postgresql://h/db?max_size=0", "postgresql://h/db?min_size=5", "max_size=1001",
                             "max_size=-1", "max_size=", "write_time_limit=0", "write_time_limit=86401", "gin=maybe",
                             "partitioning=weekly", "host=h nonsense=1", "postgresql://[h/db", "connect_timeout=x"}) {
    EXPECT_EQ(thrown_by([&] { PostgresqlStore({.connection_string = string}); }).code, "invalid_argument") << string;
  }
}

}  // namespace
}  // namespace spark::testing

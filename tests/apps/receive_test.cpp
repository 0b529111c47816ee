// What sparktel receive says of where it listens, and of what it cannot do.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/asio.hpp>
#include <fstream>
#include <string>
#include <vector>

#include "apps/child_process.h"
#include "backends/temporary_directory.h"
#include "ingest/known_senders.h"
#include "spark/backends/sqlite.h"

namespace spark::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class Receive : public ::testing::Test {
 protected:
  TemporaryDirectory directory;
  std::string database = directory.file("received.db");
};

TEST_F(Receive, takes_ports_alone_for_ports) {
  for (const char* text : {"99999", "abc", "-1", "1x"}) {
    const ChildResult result = run_sparktel({"receive", database, std::string("--port=") + text});
    EXPECT_EQ(result.exit_code, 2) << text;
    EXPECT_THAT(result.error, HasSubstr("0 to 65535")) << text;
  }
}

TEST_F(Receive, takes_for_origins_what_browsers_send) {
  const std::vector<std::string> receive = {"receive", database, "--port=0", "--for=1ms", "--allow-origin"};
  for (const char* text : {"shop.example", "https://", "https://shop.example/", "https://Shop.example", "*"}) {
    std::vector<std::string> arguments = receive;
    arguments.emplace_back(text);
    const ChildResult result = run_sparktel(arguments);
    EXPECT_EQ(result.exit_code, 2) << text;
    EXPECT_THAT(result.error, HasSubstr("scheme://host")) << text;
  }
  std::vector<std::string> arguments = receive;
  arguments.insert(arguments.end(), {"https://shop.example", "--allow-origin", "http://localhost:8080"});
  EXPECT_EQ(run_sparktel(arguments).exit_code, 0);
}

// What a receiver that comes later must not count twice.
TEST_F(Receive, trusts_no_unknown_sender_after_an_import) {
  const RecordId sender{1, 2};
  constexpr std::int64_t long_ago = 1;
  const auto is_new = [&] {
    SqliteStore store({.path = database});
    return detail::ingest::KnownSenders(store, system_clock()).is_new(sender, long_ago);
  };
  EXPECT_TRUE(is_new());
  const std::string lines = directory.file("lines.jsonl");
  std::ofstream(lines)
      << R"({"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"jobs","sum":{"isMonotonic":true,"aggregationTemporality":2,"dataPoints":[{"asInt":5,"startTimeUnixNano":"1","timeUnixNano":"2"}]}}]}]}]})"
      << '\n';
  EXPECT_EQ(run_sparktel({"import", lines, database}).exit_code, 0);
  EXPECT_FALSE(is_new());
}

TEST_F(Receive, says_what_to_do_when_its_address_is_in_use) {
  boost::asio::io_context context;
  using boost::asio::ip::tcp;
  const tcp::acceptor other(context, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0));
  const ChildResult result =
      run_sparktel({"receive", database, "--port", std::to_string(other.local_endpoint().port())});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.error, HasSubstr("the address is in use; --port N listens at another port"));
}

TEST_F(Receive, says_of_a_directory_that_takes_no_files_that_it_does_not) {
  const ChildResult result = run_sparktel({"receive", "/proc/x.db", "--port", "0"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.error, HasSubstr("no file can be made in the directory /proc"));
}

TEST_F(Receive, names_the_machine_where_it_listens_everywhere_and_warns_of_strangers) {
  const ChildResult result = run_sparktel({"receive", database, "--host", "0.0.0.0", "--port", "0", "--for", "1ms"});
  EXPECT_EQ(result.exit_code, 0) << result.error;
  char host[256] = "";
  ASSERT_EQ(::gethostname(host, sizeof host - 1), 0);
  EXPECT_THAT(result.out, HasSubstr(std::string("OTEL_EXPORTER_OTLP_ENDPOINT=http://") + host + ":"));
  EXPECT_THAT(result.error, HasSubstr("without --tls-client-ca nobody has to prove who they are"));
}

TEST_F(Receive, warns_of_nobody_where_only_this_machine_can_reach_it) {
  const ChildResult result = run_sparktel({"receive", database, "--port", "0", "--for", "1ms"});
  EXPECT_EQ(result.exit_code, 0) << result.error;
  EXPECT_THAT(result.out, HasSubstr("OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:"));
  EXPECT_THAT(result.error, Not(HasSubstr("tls-client-ca")));
}

}  // namespace
}  // namespace spark::testing

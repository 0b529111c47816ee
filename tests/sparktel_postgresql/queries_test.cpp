// Every command that asks gives of a database in a server what it gives of a file with the same records.
#include <sstream>
#include <string>

#include "apps/query_database.h"
#include "sparktel_postgresql/fixture.h"

namespace spark::testing {
namespace {

using ::testing::HasSubstr;

class Queries : public WithServer {
 protected:
  void SetUp() override {
    WithServer::SetUp();
    out_of({"import", file.path(), dsn});
  }
  QueryDatabase file;
};

// Of JSON: which store a span is in is all that differs.
std::string without_store(const std::string& json) {
  std::istringstream lines(json);
  std::string kept;
  for (std::string line; std::getline(lines, line);) {
    if (line.find("\"store\": ") == std::string::npos) kept += line + "\n";
  }
  return kept;
}

TEST_F(Queries, GiveTheSameAsOfAFile) {
  const std::string id = file.failed_id();
  for (const std::vector<std::string>& command :
       std::vector<std::vector<std::string>>{{"traces"},
                                             {"traces", "--status", "failed", "--order", "longest"},
                                             {"traces", "--name", "im*", "--slower-than", "1ms"},
                                             {"traces", "--limit", "3"},
                                             {"spans"},
                                             {"spans", "--where", "llm.cost>0.015"},
                                             {"spans", "--where", "gen_ai.request.model=='alpha'", "--kind", "CLIENT"},
                                             {"spans", "--trace", id.substr(0, 23)},
                                             {"events"},
                                             {"metrics"},
                                             {"show", "latest"},
                                             {"show", id},
                                             {"stats"},
                                             {"stats", "--of", "traces", "--by", "status"},
                                             {"stats", "--of", "spans", "--by", "attribute:gen_ai.request.model"},
                                             {"stats", "--of", "events"},
                                             {"stats", "--of", "metrics"},
                                             {"errors"},
                                             {"cost"},
                                             {"cost", "--by", "day"},
                                             {"bottlenecks"},
                                             {"bottlenecks", "--graph", "sorter"},
                                             {"compare", "1.0", "1.1"}}) {
    std::vector<std::string> of_file = command;
    of_file.insert(of_file.end(), {"--db", file.path(), "--json"});
    std::vector<std::string> of_server = command;
    of_server.insert(of_server.end(), {"--db", dsn, "--json"});
    const std::string expected = without_store(out_of(of_file));
    EXPECT_NE(expected, "");
    EXPECT_EQ(without_store(out_of(of_server)), expected) << ::testing::PrintToString(command);
  }
}

TEST_F(Queries, ExportGivesTheSameFiles) {
  for (const char* format : {"jsonl", "otlp-json", "csv", "chrome"}) {
    EXPECT_EQ(out_of({"export", dsn, "--to", format}), out_of({"export", file.path(), "--to", format})) << format;
  }
  EXPECT_EQ(out_of({"export", dsn, "--trace", "latest"}), out_of({"export", file.path(), "--trace", "latest"}));
}

TEST_F(Queries, ForPeopleTheDatabaseIsNamedAndNotItsConnectionString) {
  EXPECT_EQ(out_of({"traces", dsn, "--name", "nothing"}), "No such traces in " + name() + ".\n");
  EXPECT_EQ(out_of({"errors", dsn, "--since", "1s"}), "No failed spans in " + name() + ".\n");
  EXPECT_THAT(out_of({"traces", dsn, "--status", "failed", "--limit", "1"}), HasSubstr("import"));
}

TEST_F(Queries, KeywordsAndValuesAreAConnectionStringToo) {
  const std::string keywords =
      "host=127.0.0.1 port=" + std::to_string(server->port()) + " dbname=" + database + " user=spark";
  EXPECT_EQ(out_of({"spans", keywords, "--json"}), out_of({"spans", dsn, "--json"}));
}

// Whatever the connection string says of making tables.
TEST_F(WithServer, ADatabaseWithoutTablesIsNotGivenAnyByReading) {
  for (const std::string& parameters :
       {std::string(), std::string("?manage_schema=on"), std::string("?partitioning=native")}) {
    EXPECT_THAT(error_of({"traces", dsn + parameters}), HasSubstr("has no tables of telemetry"));
  }
  EXPECT_THAT(error_of({"export", dsn}), HasSubstr("has no tables of telemetry"));
  EXPECT_EQ(value_of(dsn, "SELECT count(*) FROM pg_class WHERE relname LIKE 'trace%'"), "0");
}

TEST_F(WithServer, PasswordsAppearNowhere) {
  run_sql(dsn, "DROP ROLE IF EXISTS secretive; CREATE ROLE secretive LOGIN PASSWORD 'canary7'");
  const std::string with_password =
      "postgresql://secretive:canary7@127.0.0.1:" + std::to_string(server->port()) + "/" + database;
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{"traces", with_password},
                                             {"doctor", with_password},
                                             {"doctor", with_password, "--json"},
                                             {"sql", with_password, "SELECT 'x' FROM nothing"},
                                             {"tail", with_password, "--for", "1ms"},
                                             {"receive", with_password, "--port", "0", "--for", "1ms", "--json"},
                                             {"import", with_password, directory.file("copy.db")},
                                             {"export", with_password, "-o", with_password}}) {
    const ChildResult result = run_sparktel(arguments);
    EXPECT_THAT(result.out + result.error, ::testing::Not(HasSubstr("canary7"))) << arguments.front();
  }
}

}  // namespace
}  // namespace spark::testing

// sparktel show of what two services recorded: one into a file, the other into a server, or both into one.
#include "apps/distributed_trace.h"
#include "sparktel_postgresql/fixture.h"

namespace spark::testing {
namespace {

using ::testing::HasSubstr;

class JoinedShowOfServer : public WithServer {};

TEST_F(JoinedShowOfServer, AFileAndAServerAreOneTree) {
  const std::string file = directory.file("shop.db");
  {
    SqliteStore shop({.path = file});
    record_caller(shop);
    PostgresqlStore payments({.connection_string = dsn});
    record_callee(payments);
  }
  const std::string shown = out_of({"show", distributed_id(), file, dsn});
  EXPECT_THAT(shown, HasSubstr("checkout  completed  100 ms  4 spans of 2 services\n"));
  EXPECT_THAT(shown, HasSubstr("in " + file + " (2 spans)"));
  EXPECT_THAT(shown, HasSubstr(name() + " (2 spans)\n"));
  EXPECT_THAT(shown, HasSubstr("└─ call pay"));
  EXPECT_THAT(shown, HasSubstr("   └─ pay [payments]"));
  EXPECT_THAT(shown, HasSubstr("      └─ charge "));
  const std::string json = out_of({"show", "latest", dsn, file, "--json"});
  EXPECT_THAT(json, HasSubstr("\"store\": \"" + name() + "\""));
  EXPECT_THAT(json, HasSubstr("\"store\": \"" + file + "\""));
  EXPECT_THAT(json, HasSubstr("\"service\": \"payments\""));

  // Both in the server: a copy keeps the service, and each span is shown once.
  const std::string of_two = shown.substr(shown.find("\n\n"));
  out_of({"import", file, dsn});
  const std::string of_one = out_of({"show", distributed_id(), dsn});
  EXPECT_EQ(of_one.substr(of_one.find("\n\n")), of_two);
  const std::string again = out_of({"show", distributed_id(), dsn, file});
  EXPECT_EQ(again.substr(again.find("\n\n")), of_two);
}

TEST_F(JoinedShowOfServer, AServerThatCannotBeReachedIsAnErrorThatNamesItAndNotItsPassword) {
  const std::string file = directory.file("shop.db");
  {
    SqliteStore shop({.path = file});
    record_caller(shop);
  }
  const std::string error = error_of({"show", distributed_id(), file, "postgresql://u:hush@127.0.0.1:1/none"});
  EXPECT_THAT(error, HasSubstr("127.0.0.1:1/none"));
  EXPECT_EQ(error.find("hush"), std::string::npos);
}

}  // namespace
}  // namespace spark::testing

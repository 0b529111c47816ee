// What an argument FILE|DSN names, and that nothing of a connection string is printed but host, port, database and
// user.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "apps/child_process.h"
#include "apps/sparktel/sources/location.h"
#include "spark/base/error.h"

namespace spark::testing {
namespace {

using sparktel::is_connection_string;
using sparktel::Location;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* canary = "canary7";
// Nobody listens there.
constexpr const char* nowhere = "postgresql://spark:canary7@127.0.0.1:1/telemetry?connect_timeout=2";

TEST(Location, ConnectionStringsAreKnownByTheirForm) {
  for (const char* text : {"postgresql://", "postgresql://user:secret@host:5432/db?sslmode=require",
                           "postgres://host/db", "host=db", "dbname=telemetry", "service=telemetry",
                           " host = db  port=1 ", "unknown=1 host=db", "unknown='a b' user=x", "min_size=2 dbname=x"}) {
    EXPECT_TRUE(is_connection_string(text)) << text;
  }
  for (const char* text : {"telemetry.db", "./host=db", "/tmp/host=db", "sqlite:host=db", "a=b.db", "my host=1.db", "",
                           "host", "=", "unknown=host", "http://host/db", "HOST=db"}) {
    EXPECT_FALSE(is_connection_string(text)) << text;
  }
}

TEST(Location, AFileHasAPathAndTheNameThatWasTyped) {
  const Location plain = "telemetry.db";
  EXPECT_FALSE(plain.is_server());
  EXPECT_EQ(plain.path(), "telemetry.db");
  const Location prefixed = "sqlite:telemetry.db";
  EXPECT_EQ(prefixed.path(), "telemetry.db");
  EXPECT_EQ(prefixed.name(), "sqlite:telemetry.db");
  EXPECT_EQ(Location("./host=db").path(), "./host=db");
}

TEST(Location, WhatIsNoneIsRefusedWithoutBeingRepeated) {
  for (const std::string text : {"", "sqlite:", "mysql://user:canary7@host/db", "postgresql:/user:canary7@host/db"}) {
    try {
      static_cast<void>(Location(text));
      FAIL() << text;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
      EXPECT_THAT(error.what(), AllOf(HasSubstr("SQLite file"), Not(HasSubstr(canary))));
    }
  }
}

TEST(Location, MessagesAboutArgumentsLoseWhatMayBeSecret) {
  std::string program = "sparktel";
  std::string uri = "postgresql://u:canary7@h/db";
  std::string option = "--db=host=h password=canary7";
  std::string harmless = "telemetry.db";
  char* const arguments[] = {program.data(), uri.data(), option.data(), harmless.data()};
  EXPECT_EQ(sparktel::without_connection_strings(
                "not expected: postgresql://u:canary7@h/db --db=host=h password=canary7 telemetry.db", arguments),
            "not expected: (a connection string) --db=(a connection string) telemetry.db");
  EXPECT_EQ(sparktel::without_connection_strings("expected postgresql://user@host:port/database?parameters", arguments),
            "expected postgresql://user@host:port/database?parameters");
  EXPECT_EQ(sparktel::without_connection_strings("of postgresql://u:canary ...", arguments),
            "of (a connection string) ...");
}

// One line, no password, no file made.
TEST(Location, NoCommandPrintsAPassword) {
  const TemporaryDirectory directory;
  const std::string out = directory.file("out.jsonl");
  const std::string uri = nowhere;
  const std::string keywords = "host=127.0.0.1 port=1 dbname=telemetry user=spark password=canary7 connect_timeout=2";
  for (const std::string& dsn : {uri, keywords}) {
    for (const std::vector<std::string>& arguments :
         std::vector<std::vector<std::string>>{{"traces", dsn},
                                               {"spans", "--db", dsn},
                                               {"show", "latest", dsn},
                                               {"stats", dsn},
                                               {"tail", dsn, "--for", "1ms"},
                                               {"sql", dsn, "SELECT 1"},
                                               {"export", dsn, "-o", out},
                                               {"import", dsn, directory.file("copy.db")},
                                               {"receive", dsn, "--port", "0", "--for", "1ms"},
                                               {"prune", dsn, "--older-than", "1d", "--yes"}}) {
      const ChildResult result = run_sparktel(arguments);
      EXPECT_EQ(result.exit_code, 1) << arguments.front();
      EXPECT_THAT(result.error, AllOf(HasSubstr("sparktel: "), Not(HasSubstr(canary)))) << arguments.front();
      EXPECT_EQ(std::count(result.error.begin(), result.error.end(), '\n'), 1) << result.error;
      EXPECT_THAT(result.out, Not(HasSubstr(canary)));
    }
    const ChildResult doctor = run_sparktel({"doctor", dsn});
    EXPECT_EQ(doctor.exit_code, 1);
    EXPECT_THAT(doctor.out + doctor.error, Not(HasSubstr(canary)));
  }
  EXPECT_FALSE(std::filesystem::exists(out));
  EXPECT_FALSE(std::filesystem::exists(directory.file("copy.db")));
}

TEST(Location, WrongUsesDoNotRepeatAPassword) {
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{nowhere},
                                             {"show", nowhere},
                                             {"traces", "a.db", nowhere},
                                             {"traces", "--limit", nowhere},
                                             {"traces", "postgresql://u:canary7@[broken/db"},
                                             {"traces", "host=db password='canary7"},
                                             {"traces", "host=db pasword=canary7"},
                                             {"traces", "mysql://u:canary7@h/db"},
                                             {"traces", "--since", nowhere},
                                             {"traces", "--trace", nowhere, "telemetry.db"}}) {
    const ChildResult result = run_sparktel(arguments);
    EXPECT_NE(result.exit_code, 0);
    EXPECT_NE(result.error, "");
    EXPECT_THAT(result.out + result.error, Not(HasSubstr(canary))) << arguments.back();
  }
}

}  // namespace
}  // namespace spark::testing

// A PostgreSQL database of a test's own, and sparktel run on it.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "apps/child_process.h"
#include "apps/exchange_fixture.h"
#include "postgresql/server.h"
#include "spark/backends/postgresql.h"

namespace spark::testing {

class WithServer : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(PostgresServer::is_installed()) << "install Debian's package postgresql";
    server = &PostgresServer::instance();
    database = server->make_database();
    dsn = server->uri(database);
  }
  // As messages name it.
  [[nodiscard]] std::string name() const {
    return "postgresql 127.0.0.1:" + std::to_string(server->port()) + "/" + database + " as spark";
  }
  static std::string out_of(const std::vector<std::string>& arguments) {
    const ChildResult result = run_sparktel(arguments, {"COLUMNS=100"});
    EXPECT_EQ(result.exit_code, 0) << arguments.front() << ": " << result.error;
    return result.out;
  }
  static std::string error_of(const std::vector<std::string>& arguments) {
    const ChildResult result = run_sparktel(arguments);
    EXPECT_EQ(result.exit_code, 1) << arguments.front() << ": " << result.out;
    return result.error;
  }

  PostgresServer* server = nullptr;
  std::string database;
  std::string dsn;
  TemporaryDirectory directory;
};

}  // namespace spark::testing

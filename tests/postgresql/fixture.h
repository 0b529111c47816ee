// What the tests of the PostgreSQL store share: a database of their own on the server of the process.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "backends/records.h"
#include "postgresql/server.h"
#include "spark/backends/postgresql.h"
#include "spark/base/error.h"

namespace spark::testing {

class PostgresqlTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(PostgresServer::is_installed()) << "install Debian's package postgresql";
    database_ = PostgresServer::instance().make_database();
    uri_ = PostgresServer::instance().uri(database_);
  }

  [[nodiscard]] PostgresServer& server() const { return PostgresServer::instance(); }
  [[nodiscard]] PostgresqlOptions options() const { return {.connection_string = uri_}; }
  [[nodiscard]] std::string value(const std::string& sql) const { return value_of(uri_, sql); }

  std::string database_;
  std::string uri_;
};

// Spans from..to-1 of trace T1, one a millisecond.
inline void write_spans(Store& store, std::uint64_t from, std::uint64_t to) {
  write(store, [&](BatchBuilder& batch) {
    for (std::uint64_t i = from; i < to; ++i) {
      Span span = make_span(1, "s", static_cast<std::int64_t>(i), static_cast<std::int64_t>(i) + 1, {{"n", i}});
      span.span_id = SpanId{i};
      batch.add(span);
    }
  });
}

// The code and the message of what an action throws.
struct Thrown {
  std::string code = "nothing";
  std::string message = {};
  bool is_retryable = false;
};
template <class Action>
[[nodiscard]] Thrown thrown_by(const Action& action) {
  try {
    action();
  } catch (const RetryableError& error) {
    return {std::string(to_string(error.code())), error.what(), true};
  } catch (const Error& error) {
    return {std::string(to_string(error.code())), error.what(), false};
  }
  return {};
}

}  // namespace spark::testing

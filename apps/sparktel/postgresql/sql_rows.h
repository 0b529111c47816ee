// PostgresqlRows are the rows of a person's SELECT, read by a cursor some hundred at a time. A cursor takes one
// statement, and one that reads; its transaction is a read-only one, which nothing within it can change. Functions that
// do something outside of the database are as dangerous here as the role may call them. For one thread.
#pragma once

#include <string>

#include "apps/sparktel/postgresql/session.h"
#include "apps/sparktel/sources/source.h"

namespace spark::sparktel {

class PostgresqlRows final : public SqlRows {
 public:
  // In a session of its own. Throws Error: invalid_argument (not SQL, or several statements, or none),
  // permission_denied (it would write), timeout.
  PostgresqlRows(const Secret& connection_string, const std::string& statement, Seconds time_limit);

  [[nodiscard]] int columns() const override;
  [[nodiscard]] std::string name(int column) const override;
  bool step() override;
  // Numbers as numbers, a numeric that is no whole number as a double; bytea as bytes; all else as the server's text.
  [[nodiscard]] Value value(int column) const override;

 private:
  void fetch();

  Session session_;
  Deadline deadline_;
  Session::Result page_;  // rows in text
  int row_ = -1;
};

}  // namespace spark::sparktel

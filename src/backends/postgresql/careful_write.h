// The last way of writing a batch of which the server refuses rows: each table's rows at once, and what is refused
// halved again and again until the rows at fault are found. Each part is a transaction, so that a refusal which comes
// at COMMIT (of a deferred constraint) is that part's, and that a constraint of which thousands of rows fall foul costs
// time, but no other row. If it ends in the middle, what was written stays; another attempt adds the rest.
//
// Rows that are refused go to dead_letters, each once however often its batch is tried, as long as there is room.
// Lives for one write, on its connection.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "backends/postgresql/batch_rows.h"
#include "backends/postgresql/connection.h"

namespace spark::detail::postgresql {

// Adds rows [from, to) of a table that are not there yet.
void merge(Connection& connection, const TableRows& table, std::size_t from, std::size_t to, Deadline deadline);

class CarefulWrite {
 public:
  // No more rows than that lie in dead_letters; those beyond are counted only.
  static constexpr std::int64_t most_letters = 100'000;

  // Each statement has the time limit to itself: there are as many as there are refusals.
  CarefulWrite(Connection& connection, Seconds time_limit) : connection_(connection), time_limit_(time_limit) {}

  // Throws what Connection does, StatementError only where no row is at fault.
  [[nodiscard]] Refusals write(const BatchRows& rows);

 private:
  struct Letter {
    std::string kind, reason, record;
  };

  void write(const TableRows& table, std::size_t from, std::size_t to);
  // Why the server refuses these rows, or nothing: then they are written.
  [[nodiscard]] std::string refusal_of(const TableRows& table, std::size_t from, std::size_t to);
  void set_aside(const TableRows& table, std::size_t row, const std::string& reason);
  void write_letters();
  // False: the server refuses that, too.
  [[nodiscard]] bool keep(std::span<const Letter> letters, bool only_ascii);
  [[nodiscard]] Deadline deadline() const;

  Connection& connection_;
  const Seconds time_limit_;
  Refusals refusals_;
  std::vector<Letter> letters_;
};

}  // namespace spark::detail::postgresql

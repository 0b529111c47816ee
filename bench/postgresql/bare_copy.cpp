#include "postgresql/bare_copy.h"

#include <libpq-fe.h>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string_view>

#include "postgresql/server.h"

namespace spark::bench {
namespace {

using BareConnection = std::unique_ptr<PGconn, decltype(&PQfinish)>;
using BareResult = std::unique_ptr<PGresult, decltype(&PQclear)>;

// What a binary COPY begins with: a signature, flags and the length of an extension; and what it ends with (the manual,
// "COPY", "Binary Format").
constexpr std::string_view copy_header("PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19);
constexpr std::string_view copy_trailer("\377\377", 2);

[[noreturn]] void fail(PGconn* connection) {
  throw std::runtime_error(std::string("bare PostgreSQL: ") + PQerrorMessage(connection));
}

BareConnection connect(const std::string& uri) {
  BareConnection connection(PQconnectdb(uri.c_str()), &PQfinish);
  if (PQstatus(connection.get()) != CONNECTION_OK) fail(connection.get());
  return connection;
}

void begin_copy(PGconn* connection, const char* sql, ExecStatusType expected) {
  const BareResult result(PQexec(connection, sql), &PQclear);
  if (PQresultStatus(result.get()) != expected) fail(connection);
}

void end_copy(PGconn* connection) {
  for (;;) {
    const BareResult result(PQgetResult(connection), &PQclear);
    if (result == nullptr) return;
    if (PQresultStatus(result.get()) != PGRES_COMMAND_OK) fail(connection);
  }
}

}  // namespace

BareRows read_bare_rows(const std::string& uri) {
  constexpr std::size_t rows_per_copy = 10'000;
  const BareConnection connection = connect(uri);
  begin_copy(connection.get(), "COPY spans_data TO STDOUT (FORMAT binary)", PGRES_COPY_OUT);
  BareRows rows;
  char* data = nullptr;
  // One row at a time; the header comes with the first, the trailer alone.
  for (int size; (size = PQgetCopyData(connection.get(), &data, 0)) > 0;) {
    const std::unique_ptr<char, decltype(&PQfreemem)> owned(data, &PQfreemem);
    std::string_view row(data, static_cast<std::size_t>(size));
    if (row.starts_with(copy_header)) row.remove_prefix(copy_header.size());
    if (row == copy_trailer || row.empty()) continue;
    if (rows.count++ % rows_per_copy == 0) rows.copies.emplace_back(copy_header);
    rows.copies.back() += row;
  }
  for (std::string& copy : rows.copies) copy += copy_trailer;
  end_copy(connection.get());
  return rows;
}

double copy_bare(const std::string& uri, const BareRows& rows) {
  const BareConnection connection = connect(uri);
  begin_copy(connection.get(), "CREATE TABLE bare AS TABLE spans_data WITH NO DATA", PGRES_COMMAND_OK);
  const auto begin = std::chrono::steady_clock::now();
  for (const std::string& copy : rows.copies) {
    begin_copy(connection.get(), "COPY bare FROM STDIN (FORMAT binary)", PGRES_COPY_IN);
    const bool is_sent = PQputCopyData(connection.get(), copy.data(), static_cast<int>(copy.size())) == 1 &&
                         PQputCopyEnd(connection.get(), nullptr) == 1;
    if (!is_sent) fail(connection.get());
    end_copy(connection.get());
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  if (testing::value_of(uri, "SELECT count(*) FROM bare") != std::to_string(rows.count)) {
    throw std::runtime_error("the bare table does not hold all rows");
  }
  return seconds;
}

}  // namespace spark::bench

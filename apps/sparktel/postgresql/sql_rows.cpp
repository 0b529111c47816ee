#include "apps/sparktel/postgresql/sql_rows.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <string_view>

#include "backends/postgresql/sql_error.h"
#include "spark/base/error.h"

namespace spark::sparktel {

namespace {

using detail::postgresql::StatementError;

constexpr const char* running = "run that statement";
constexpr std::string_view read_only_advice =
    "only reading is allowed here (SELECT, WITH, VALUES and TABLE); write through the library";

// SQLSTATEs, from appendix A of PostgreSQL's manual.
constexpr std::string_view query_canceled = "57014";
constexpr std::string_view read_only_transaction = "25006";
constexpr std::string_view feature_not_supported = "0A000";
constexpr std::string_view syntax_error = "42601";  // several statements are one, too

// The first word, in lower case, behind spaces, comments and parentheses; empty if there is none.
std::string first_word(std::string_view sql) {
  for (;;) {
    sql.remove_prefix(std::min(sql.find_first_not_of(" \t\r\n\f("), sql.size()));
    if (sql.starts_with("--")) {
      sql.remove_prefix(std::min(sql.find('\n'), sql.size()));
    } else if (sql.starts_with("/*")) {
      const auto end = sql.find("*/");
      sql.remove_prefix(end == std::string_view::npos ? sql.size() : end + 2);
    } else {
      break;
    }
  }
  std::string word;
  for (const char c : sql) {
    if (std::isalpha(static_cast<unsigned char>(c)) == 0) break;
    word += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return word;
}

void require_reading(const std::string& statement, const std::string& database) {
  const std::string word = first_word(statement);
  if (word.empty()) {
    throw Error(ErrorCode::invalid_argument,
                "expected exactly one SQL statement, such as \"SELECT count(*) FROM spans\"");
  }
  if (word == "select" || word == "with" || word == "values" || word == "table") return;
  throw Error(ErrorCode::permission_denied,
              "PostgreSQL " + database + ": cannot " + running + ": " + std::string(read_only_advice));
}

[[noreturn]] void throw_too_long(const Session::Connection& connection) {
  throw Error(ErrorCode::timeout,
              connection.message(running, "it took longer than its time limit; narrow it, or raise --time-limit"));
}

[[noreturn]] void rethrow(const StatementError& error, const Session::Connection& connection) {
  if (error.state() == query_canceled) throw_too_long(connection);
  if (error.state() == read_only_transaction || error.state() == feature_not_supported) {
    throw Error(ErrorCode::permission_denied, std::string(error.what()) + "; " + std::string(read_only_advice));
  }
  if (error.state() == syntax_error) throw Error(ErrorCode::invalid_argument, error.what());
  throw error;
}

Value number_of(const std::string& text) {
  std::int64_t whole = 0;
  const char* const end = text.data() + text.size();
  if (const auto read = std::from_chars(text.data(), end, whole); read.ec == std::errc() && read.ptr == end)
    return whole;
  if (text == "NaN") return std::nan("");
  if (text == "Infinity" || text == "-Infinity") {
    return text.front() == '-' ? -std::numeric_limits<double>::infinity() : std::numeric_limits<double>::infinity();
  }
  double number = 0;
  std::from_chars(text.data(), end, number);
  return number;
}

int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  return (c | 0x20) - 'a' + 10;
}

// "\x00ff"
Bytes bytes_of(std::string_view text) {
  Bytes bytes;
  for (std::size_t i = 2; i + 1 < text.size(); i += 2) {
    bytes.octets.push_back(static_cast<std::uint8_t>(digit_of(text[i]) << 4 | digit_of(text[i + 1])));
  }
  return bytes;
}

}  // namespace

PostgresqlRows::PostgresqlRows(const Secret& connection_string, const std::string& statement, Seconds time_limit)
    : session_(connection_string, time_limit) {
  require_reading(statement, session_.target().description);
  Session::Connection& connection = session_.connection();
  deadline_ = session_.deadline();
  try {
    connection.execute("BEGIN READ ONLY", deadline_, running);
    // By the extended protocol, in which the server takes no more than one statement.
    connection.query("DECLARE spark_rows NO SCROLL CURSOR FOR " + statement, {}, deadline_, running);
  } catch (const StatementError& error) {
    rethrow(error, connection);
  }
  fetch();
}

void PostgresqlRows::fetch() {
  Session::Connection& connection = session_.connection();
  if (Deadline::clock::now() >= deadline_) throw_too_long(connection);
  try {
    // By the simple protocol, in which columns come as text, whatever their types.
    page_ = connection.execute("FETCH FORWARD 500 FROM spark_rows", deadline_, running);
  } catch (const StatementError& error) {
    rethrow(error, connection);
  }
  row_ = -1;
}

int PostgresqlRows::columns() const { return PQnfields(page_.get()); }

std::string PostgresqlRows::name(int column) const {
  const char* const name = PQfname(page_.get(), column);
  return name != nullptr ? name : "";
}

bool PostgresqlRows::step() {
  if (row_ + 1 < page_.rows()) {
    ++row_;
    return true;
  }
  if (page_.rows() == 0) return false;
  fetch();
  row_ = 0;
  return page_.rows() > 0;
}

Value PostgresqlRows::value(int column) const {
  if (page_.is_null(row_, column)) return {};
  const std::string text = text_at(page_, row_, column);
  // Numbers of types, from the server's pg_type.dat; they never change.
  switch (PQftype(page_.get(), column)) {
    case 16:  // bool
      return text == "t";
    case 17:  // bytea
      return bytes_of(text);
    case 20:    // int8
    case 21:    // int2
    case 23:    // int4
    case 26:    // oid
    case 1700:  // numeric
      return number_of(text);
    case 700:  // float4
    case 701:  // float8
      return number_of(text).as_double();
    default:
      return text;
  }
}

}  // namespace spark::sparktel

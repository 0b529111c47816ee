#include "apps/sparktel/sources/location.h"

#include <algorithm>
#include <array>

#include "apps/sparktel/postgresql/postgresql.h"
#include "spark/base/error.h"

namespace spark::sparktel {

namespace {

constexpr std::string_view sqlite_prefix = "sqlite:";

// libpq's, of all versions up to 17 (its manual, "Parameter Key Words"), and those of ours
// (spark/backends/postgresql.h).
constexpr std::array<std::string_view, 55> known_keywords{"host",
                                                          "hostaddr",
                                                          "port",
                                                          "dbname",
                                                          "user",
                                                          "password",
                                                          "passfile",
                                                          "require_auth",
                                                          "channel_binding",
                                                          "connect_timeout",
                                                          "client_encoding",
                                                          "options",
                                                          "application_name",
                                                          "fallback_application_name",
                                                          "keepalives",
                                                          "keepalives_idle",
                                                          "keepalives_interval",
                                                          "keepalives_count",
                                                          "tcp_user_timeout",
                                                          "replication",
                                                          "gssencmode",
                                                          "sslmode",
                                                          "requiressl",
                                                          "sslnegotiation",
                                                          "sslcompression",
                                                          "sslcert",
                                                          "sslkey",
                                                          "sslpassword",
                                                          "sslcertmode",
                                                          "sslrootcert",
                                                          "sslcrl",
                                                          "sslcrldir",
                                                          "sslsni",
                                                          "requirepeer",
                                                          "ssl_min_protocol_version",
                                                          "ssl_max_protocol_version",
                                                          "krbsrvname",
                                                          "gsslib",
                                                          "gssdelegation",
                                                          "service",
                                                          "servicefile",
                                                          "target_session_attrs",
                                                          "load_balance_hosts",
                                                          "min_protocol_version",
                                                          "max_protocol_version",
                                                          "authtype",
                                                          "tty",
                                                          "oauth_issuer",
                                                          "oauth_client_id",
                                                          "min_size",
                                                          "max_size",
                                                          "partitioning",
                                                          "gin",
                                                          "manage_schema",
                                                          "write_time_limit"};

constexpr std::string_view spaces = " \t\r\n\f\v";

void skip_white_space(std::string_view& rest) {
  rest.remove_prefix(std::min(rest.find_first_not_of(spaces), rest.size()));
}

// A value is a word, or in single quotes; a backslash takes the next character as it is.
void skip_value(std::string_view& rest) {
  const bool is_quoted = !rest.empty() && rest.front() == '\'';
  std::size_t at = is_quoted ? 1 : 0;
  while (at < rest.size() && (is_quoted ? rest[at] != '\'' : spaces.find(rest[at]) == std::string_view::npos)) {
    at += rest[at] == '\\' ? 2 : 1;
  }
  rest.remove_prefix(std::min(at + (is_quoted ? 1 : 0), rest.size()));
}

// Whether it is "keyword = value …" as far as the first keyword that is known.
bool has_known_keyword(std::string_view rest) {
  for (skip_white_space(rest); !rest.empty(); skip_white_space(rest)) {
    const auto end = std::min(rest.find_first_not_of("abcdefghijklmnopqrstuvwxyz_"), rest.size());
    const std::string_view keyword = rest.substr(0, end);
    rest.remove_prefix(end);
    skip_white_space(rest);
    if (keyword.empty() || rest.empty() || rest.front() != '=') return false;
    if (std::find(known_keywords.begin(), known_keywords.end(), keyword) != known_keywords.end()) return true;
    rest.remove_prefix(1);
    skip_white_space(rest);
    skip_value(rest);
  }
  return false;
}

// A word of more arguments than there are, or one that was mistyped, is no less secret.
bool may_be_secret(std::string_view text) {
  return is_connection_string(text) || text.find("://") != std::string_view::npos || text.starts_with("postgresql:") ||
         text.starts_with("postgres:") || text.find("password") != std::string_view::npos;
}

// Also of a secret that was shortened at its end. What all begin with alone, which our advice does too, is none.
void hide(std::string& text, std::string_view secret) {
  constexpr std::string_view shown = "(a connection string)";
  const std::size_t colon = secret.starts_with("postgres") ? secret.find(':') : std::string_view::npos;
  const std::size_t scheme_size = colon == std::string_view::npos ? 4 : secret.find_first_not_of('/', colon + 1);
  const std::string_view begin = secret.substr(0, std::min(scheme_size, secret.size()) + 4);
  for (std::size_t at = 0; (at = text.find(begin, at)) != std::string::npos; at += shown.size()) {
    std::size_t size = begin.size();
    while (size < secret.size() && at + size < text.size() && text[at + size] == secret[size]) ++size;
    text.replace(at, size, shown);
  }
}

}  // namespace

bool is_connection_string(std::string_view text) {
  return text.starts_with("postgresql://") || text.starts_with("postgres://") || has_known_keyword(text);
}

Location::Location(const std::string& text) {
  if (is_connection_string(text)) {
    connection_string_ = Secret(text);
    name_ = name_of_postgresql(connection_string_);
    return;
  }
  path_ = text.starts_with(sqlite_prefix) ? text.substr(sqlite_prefix.size()) : text;
  name_ = text;
  if (path_.empty()) {
    throw Error(ErrorCode::invalid_argument,
                "expected the name of a SQLite file or a connection string of PostgreSQL, found an empty one");
  }
  // The text may hold a password, so the message does not repeat it.
  if (path_.find("://") != std::string::npos || path_.starts_with("postgresql:") || path_.starts_with("postgres:")) {
    throw Error(ErrorCode::invalid_argument,
                "cannot read from such a server: expected a SQLite file or postgresql://user@host:port/database");
  }
}

std::string without_connection_strings(std::string text, std::span<char* const> arguments) {
  for (const std::string_view argument : arguments) {
    const bool is_option = argument.starts_with("-");
    if (!is_option && may_be_secret(argument)) hide(text, argument);
    // --db=postgresql://…
    const auto equals = argument.find('=');
    if (!is_option || equals == std::string_view::npos) continue;
    const std::string_view value = argument.substr(equals + 1);
    if (may_be_secret(value)) hide(text, value);
  }
  return text;
}

}  // namespace spark::sparktel

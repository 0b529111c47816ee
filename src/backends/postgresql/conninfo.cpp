#include "backends/postgresql/conninfo.h"

#include <libpq-fe.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <memory>
#include <optional>

#include "spark/base/error.h"

namespace spark {

std::string_view to_string(Partitioning partitioning) noexcept {
  return partitioning == Partitioning::native ? "native" : "none";
}

namespace detail::postgresql {
namespace {

[[noreturn]] void refuse(const std::string& what) {
  throw Error(ErrorCode::invalid_argument, "PostgresqlOptions." + what);
}

using Pairs = Target::Pairs;

constexpr std::string_view our_parameters[] = {"min_size", "max_size",      "partitioning",
                                               "gin",      "manage_schema", "write_time_limit"};

bool is_ours(std::string_view keyword) {
  return std::find(std::begin(our_parameters), std::end(our_parameters), keyword) != std::end(our_parameters);
}

bool is_uri(std::string_view text) { return text.starts_with("postgresql://") || text.starts_with("postgres://"); }

// A URI's password ends at its first @, or is none if a / comes before that: one with such a character in it, which has
// to be escaped, would be taken for the host's name in part, and shown. Gives where what follows begins.
std::size_t end_of_user(const std::string& text) {
  const auto begin = text.find("://") + 3;
  const auto end = text.find_first_of("@/", begin);
  const bool has_user = end != std::string::npos && text[end] == '@';
  const auto after = has_user ? end + 1 : begin;
  if (text.substr(0, text.find('?', after)).find('@', after) != std::string::npos) {
    refuse(
        "connection_string has an @ that belongs to nothing: in a user, a password or a database @ is written as %40, "
        "/ "
        "as %2F");
  }
  return after;
}

// Takes our parameters out of a URI's query.
std::string without_ours_in_uri(const std::string& text, Pairs& ours) {
  const auto question = text.find('?', end_of_user(text));
  if (question == std::string::npos) return text;
  std::string rest;
  std::string_view query = std::string_view(text).substr(question + 1);
  while (!query.empty()) {
    const auto end = std::min(query.find('&'), query.size());
    const std::string_view one = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    const auto equals = one.find('=');
    if (equals != std::string_view::npos && is_ours(one.substr(0, equals))) {
      ours.emplace_back(one.substr(0, equals), one.substr(equals + 1));
    } else {
      rest += (rest.empty() ? "?" : "&");
      rest += one;
    }
  }
  return text.substr(0, question) + rest;
}

// Takes them out of "keyword = value" pairs; values may be quoted, and a backslash escapes.
class KeywordScanner {
 public:
  explicit KeywordScanner(std::string_view text) : text_(text) {}

  std::string without_ours(Pairs& ours) {
    std::string rest;
    while (skip_spaces(), at_ < text_.size()) {
      const std::size_t begin = at_;
      while (at_ < text_.size() && text_[at_] != '=' && !is_space(text_[at_])) ++at_;
      const std::string keyword(text_.substr(begin, at_ - begin));
      skip_spaces();
      if (at_ == text_.size() || text_[at_] != '=') return std::string(text_);  // libpq refuses it
      ++at_;
      skip_spaces();
      const std::string content = value();
      if (is_ours(keyword)) {
        ours.emplace_back(keyword, content);
      } else {
        rest += std::string(text_.substr(begin, at_ - begin)) + " ";
      }
    }
    return rest;
  }

 private:
  static bool is_space(char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; }
  void skip_spaces() {
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
  }
  std::string value() {
    std::string out;
    const bool is_quoted = at_ < text_.size() && text_[at_] == '\'';
    if (is_quoted) ++at_;
    while (at_ < text_.size() && (is_quoted ? text_[at_] != '\'' : !is_space(text_[at_]))) {
      if (text_[at_] == '\\' && at_ + 1 < text_.size()) ++at_;
      out.push_back(text_[at_++]);
    }
    if (is_quoted && at_ < text_.size()) ++at_;
    return out;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

std::uint32_t number_of(const std::string& keyword, const std::string& text) {
  std::uint32_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size() || text.empty()) {
    refuse("connection_string has a " + keyword + " that is no number");
  }
  return number;
}

bool switch_of(const std::string& keyword, const std::string& text) {
  if (text == "on" || text == "true" || text == "1") return true;
  if (text == "off" || text == "false" || text == "0") return false;
  refuse("connection_string has a " + keyword + " that is neither on nor off");
}

void apply_ours(PostgresqlOptions& options, const Pairs& ours) {
  for (const auto& [keyword, text] : ours) {
    if (keyword == "min_size") options.min_size = number_of(keyword, text);
    if (keyword == "max_size") options.max_size = number_of(keyword, text);
    if (keyword == "write_time_limit") options.write_time_limit = Seconds(number_of(keyword, text));
    if (keyword == "gin") options.gin = switch_of(keyword, text);
    if (keyword == "manage_schema") options.manage_schema = switch_of(keyword, text);
    if (keyword == "partitioning") {
      if (text != "none" && text != "native") {
        refuse("connection_string has a partitioning that is neither none nor native");
      }
      options.partitioning = text == "native" ? Partitioning::native : Partitioning::none;
    }
  }
}

void validate(const PostgresqlOptions& options) {
  constexpr std::uint32_t most = 1'000;
  if (options.max_size == 0 || options.max_size > most) {
    refuse("max_size is " + std::to_string(options.max_size) + "; it must be 1 to " + std::to_string(most));
  }
  if (options.min_size > options.max_size) {
    refuse("min_size is " + std::to_string(options.min_size) + "; it must be 0 to max_size, which is " +
           std::to_string(options.max_size));
  }
  if (!(options.query_time_limit.count() > 0)) refuse("query_time_limit must be more than 0");
  if (!(options.write_time_limit.count() > 0 && options.write_time_limit <= Seconds(86'400))) {
    refuse("write_time_limit must be more than 0 and at most 86,400 s");
  }
  if (!(options.retention_age.count() >= 0)) refuse("retention_age must be 0 or more");
}

using Parsed = std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)>;

// What libpq takes where the connection string says nothing, from the environment and by default.
std::string default_of(const std::string& keyword) {
  const Parsed defaults(PQconndefaults(), &PQconninfoFree);
  for (const auto* option = defaults.get(); option != nullptr && option->keyword != nullptr; ++option) {
    if (keyword == option->keyword) return option->val != nullptr ? option->val : "";
  }
  return "";
}

// By the connection string.
std::string said(const Target& target, const std::string& keyword) {
  for (const auto& [name, value] : target.parameters) {
    if (name == keyword) return value;
  }
  return "";
}

std::string shown(const Target& target, const std::string& keyword) {
  std::string value = said(target, keyword);
  return value.empty() ? default_of(keyword) : value;
}

// One for each host, or one for all. What else stands there may be a part of a password.
void check_ports(const std::string& ports) {
  if (ports.find_first_not_of("0123456789,") == std::string::npos) return;
  refuse(
      "connection_string has a port that is no number (in a password / is written as %2F, : as %3A and @ as %40 where "
      "it "
      "is a URI)");
}

std::vector<std::string> split(const std::string& list) {
  std::vector<std::string> parts{""};
  for (const char c : list) {
    if (c == ',') {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

std::vector<Pairs> split_hosts(const Target& target) {
  const auto names = split(shown(target, "host")), addresses = split(shown(target, "hostaddr"));
  auto ports = split(shown(target, "port"));
  const std::size_t count = std::max(names.size(), addresses.size());
  if (ports.size() == 1) ports.resize(count, ports.front());
  const auto fits = [&](const std::vector<std::string>& list) {
    return list.size() == count || (list.size() == 1 && list.front().empty());
  };
  // What does not fit libpq refuses.
  const bool is_chosen_by_libpq = !shown(target, "service").empty() ||
                                  shown(target, "target_session_attrs") == "prefer-standby" ||
                                  shown(target, "load_balance_hosts") == "random";
  if (count == 1 || is_chosen_by_libpq || !fits(names) || !fits(addresses) || ports.size() != count) {
    return {target.parameters};
  }
  std::vector<Pairs> hosts;
  for (std::size_t i = 0; i < count; ++i) {
    Pairs& one = hosts.emplace_back();
    for (const auto& pair : target.parameters) {
      if (pair.first != "host" && pair.first != "hostaddr" && pair.first != "port") one.push_back(pair);
    }
    if (names.size() == count) one.emplace_back("host", names[i]);
    if (addresses.size() == count) one.emplace_back("hostaddr", addresses[i]);
    one.emplace_back("port", ports[i]);
  }
  return hosts;
}

std::string place_of(const Target& target) {
  const std::string service = shown(target, "service");
  const auto part = [&](const std::string& keyword) {
    // What the string leaves open is the service's to say, which only libpq reads.
    return service.empty() ? shown(target, keyword) : said(target, keyword);
  };
  const std::string host = part("host"), address = part("hostaddr"), port = part("port"), database = part("dbname");
  std::string place = !host.empty()      ? host
                      : !address.empty() ? address
                      : service.empty()  ? "localhost"
                                         : "service " + service;
  if (!port.empty()) place += ":" + port;
  if (!database.empty()) return place + "/" + database;
  return service.empty() ? place + "/" + shown(target, "user") : place;
}

Target parse(const std::string& text) {
  char* message = nullptr;
  const Parsed parsed(PQconninfoParse(text.c_str(), &message), &PQconninfoFree);
  // libpq quotes in it what it does not understand, which may be a part of a password.
  PQfreemem(message);
  if (parsed == nullptr) {
    refuse(
        "connection_string is not one that libpq understands: a parameter in it may be misspelt, or a character that "
        "has "
        "a meaning there not be written as %XX, or in quotes; it is postgresql://user@host:port/database?parameters or "
        "host=… dbname=…");
  }
  Target target;
  for (const auto* option = parsed.get(); option->keyword != nullptr; ++option) {
    if (option->val != nullptr) target.parameters.emplace_back(option->keyword, option->val);
  }
  check_ports(shown(target, "port"));
  const std::string user = shown(target, "user");
  target.database = place_of(target);
  target.description = target.database + " as " + user;
  if (const std::string timeout = shown(target, "connect_timeout"); !timeout.empty()) {
    // As libpq: at least 2 s, and 0 or less is for ever, which a day is.
    const bool is_negative = timeout.starts_with("-");
    const std::uint32_t seconds = number_of("connect_timeout", timeout.substr(is_negative ? 1 : 0));
    constexpr std::uint32_t day = 86'400;
    target.connect_timeout = Seconds(is_negative || seconds == 0 ? day : std::clamp(seconds, 2U, day));
  }
  target.hosts = split_hosts(target);
  return target;
}

}  // namespace

Settings resolve_settings(const PostgresqlOptions& options) {
  const std::string& text = options.connection_string.reveal();
  if (text.find('\0') != std::string::npos) refuse("connection_string contains U+0000");
  Pairs ours;
  const std::string theirs = is_uri(text) ? without_ours_in_uri(text, ours) : KeywordScanner(text).without_ours(ours);
  Settings settings{.options = options, .target = parse(theirs)};
  apply_ours(settings.options, ours);
  validate(settings.options);
  return settings;
}

std::string scrubbed(std::string message, const std::vector<std::string>& secrets) {
  for (const std::string& secret : secrets) {
    if (secret.empty()) continue;
    for (std::size_t at = 0; (at = message.find(secret, at)) != std::string::npos; at += 3) {
      message.replace(at, secret.size(), "***");
    }
  }
  return message;
}

}  // namespace detail::postgresql
}  // namespace spark

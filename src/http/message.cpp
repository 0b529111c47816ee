#include "http/message.h"

#include <algorithm>
// Before Beast's header, which forgets it.
#include <ostream>

#include <boost/beast/http/status.hpp>

namespace spark::http {

namespace {

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// The target from its path on: an absolute one ("http://host/path") names the server first.
std::string_view from_path_on(std::string_view target) noexcept {
  if (target.empty() || target.front() == '/') return target;
  const std::size_t authority = target.find("://");
  if (authority == std::string_view::npos) return target;
  const std::size_t path = target.find_first_of("/?", authority + 3);
  return path == std::string_view::npos ? std::string_view() : target.substr(path);
}

}  // namespace

bool equal_without_case(std::string_view a, std::string_view b) noexcept {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

void Headers::set(std::string_view name, std::string value) {
  std::erase_if(all_, [name](const Header& header) { return equal_without_case(header.first, name); });
  add(std::string(name), std::move(value));
}

std::optional<std::string_view> Headers::find(std::string_view name) const noexcept {
  for (const Header& header : all_) {
    if (equal_without_case(header.first, name)) return header.second;
  }
  return std::nullopt;
}

std::size_t Headers::count(std::string_view name) const noexcept {
  return static_cast<std::size_t>(std::count_if(
      all_.begin(), all_.end(), [name](const Header& header) { return equal_without_case(header.first, name); }));
}

std::string_view Request::path() const noexcept {
  const std::string_view rest = from_path_on(target);
  const std::string_view path = rest.substr(0, rest.find('?'));
  return path.empty() ? "/" : path;
}

std::string_view Request::query() const noexcept {
  const std::string_view rest = from_path_on(target);
  const std::size_t mark = rest.find('?');
  return mark == std::string_view::npos ? std::string_view() : rest.substr(mark + 1);
}

Response::Response(int its_status, std::string content_type, std::string its_body)
    : status(its_status), body(std::move(its_body)) {
  headers.add("Content-Type", std::move(content_type));
}

Response status_response(int status) {
  const auto reason = boost::beast::http::obsolete_reason(static_cast<boost::beast::http::status>(status));
  std::string text = std::to_string(status) + " ";
  text.append(reason.data(), reason.size()).append("\n");
  return Response(status, "text/plain; charset=utf-8", std::move(text));
}

}  // namespace spark::http

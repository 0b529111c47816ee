#include "agents/chat_errors.h"

#include <algorithm>
#include <utility>

#include "spark/base/json.h"
#include "spark/base/utf8.h"

namespace spark::agents {

namespace {

constexpr int error_depth = 32;

ModelErrorKind kind_of_status(std::int64_t status) noexcept {
  if (status == 401 || status == 403) return ModelErrorKind::not_authorized;
  if (status == 429) return ModelErrorKind::rate_limited;
  if (status >= 500) return ModelErrorKind::server_error;
  if (status >= 400) return ModelErrorKind::refused;
  return ModelErrorKind::malformed_response;
}

const Value* member_of(const Value& value, std::string_view key) noexcept {
  return value.is_object() ? value.as_object().find(key) : nullptr;
}

// Null for what is no JSON.
Value parsed(std::string_view body) {
  try {
    return parse_json(body, error_depth);
  } catch (const Error&) {
    return {};
  }
}

// {"message": …}, {"detail": …}, or a text; empty if it is none of these.
std::string text_of(const Value& error) {
  if (error.is_string()) return error.as_string();
  for (const char* key : {"message", "detail", "error"}) {
    const Value* const text = member_of(error, key);
    if (text != nullptr && text->is_string()) return text->as_string();
  }
  return {};
}

void replace_all(std::string& text, const std::string& what) {
  constexpr std::string_view instead = "(secret)";
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + instead.size())) {
    text.replace(at, what.size(), instead);
  }
}

}  // namespace

ChatErrors::ChatErrors(std::string name, std::vector<std::string> secrets)
    : name_(std::move(name)), secrets_(std::move(secrets)) {
  std::erase_if(secrets_, [](const std::string& secret) { return secret.empty(); });
  std::stable_sort(secrets_.begin(), secrets_.end(),
                   [](const std::string& a, const std::string& b) { return a.size() > b.size(); });
}

std::string ChatErrors::clean(std::string_view text, std::size_t max_bytes) const {
  // Before anything is cut off: the half of a secret is none that could be found.
  std::string without_secrets(text);
  for (const std::string& secret : secrets_) replace_all(without_secrets, secret);
  std::string result;
  append_storable_utf8(result, without_secrets);
  for (char& c : result) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
  }
  const std::string_view prefix = utf8_prefix(result, max_bytes);
  return prefix.size() < result.size() ? std::string(prefix) + "…" : result;
}

ModelError ChatErrors::of_kind(ModelErrorKind kind, const std::string& what) const {
  return ModelError(kind, name_ + " " + what);
}

ModelError ChatErrors::malformed(const std::string& what) const {
  return of_kind(ModelErrorKind::malformed_response, "gave a response that cannot be used: " + clean(what));
}

ModelError ChatErrors::of_status(int status, std::string_view body) const {
  const Value value = parsed(body);
  const Value* const error = member_of(value, "error");
  std::string text = text_of(error != nullptr ? *error : value);
  if (text.empty()) text = body;
  const std::string said = clean(text);
  return ModelError(kind_of_status(status),
                    name_ + " answered with " + std::to_string(status) + (said.empty() ? "" : ": " + said), status);
}

ModelError ChatErrors::of_error(const Value& error) const {
  // Those who have begun to answer with success can name the status only here.
  const Value* const code = member_of(error, "code");
  const bool is_status = code != nullptr && code->is_int() && code->as_int() >= 400 && code->as_int() < 600;
  const std::string said = clean(text_of(error));
  return ModelError(is_status ? kind_of_status(code->as_int()) : ModelErrorKind::server_error,
                    name_ + " broke off with an error" + (said.empty() ? "" : ": " + said),
                    is_status ? static_cast<int>(code->as_int()) : 0);
}

bool is_out_of_quota(std::string_view body) {
  const Value value = parsed(body);
  const Value* const error = member_of(value, "error");
  if (error == nullptr) return false;
  for (const char* key : {"code", "type"}) {
    const Value* const text = member_of(*error, key);
    if (text != nullptr && text->is_string() && text->as_string() == "insufficient_quota") return true;
  }
  return false;
}

}  // namespace spark::agents

#include "agents/chat_errors.h"

#include <algorithm>
#include <utility>

#include "spark/base/json.h"
#include "spark/base/utf8.h"

namespace spark::agents {

namespace {

constexpr int error_depth = 32;
// Of what a server says: it may quote the request.
constexpr std::size_t max_message = 300;
constexpr std::size_t most_faults_told = 3, most_steps = 8, max_step = 40;

ModelErrorKind kind_of_status(std::int64_t status) noexcept {
  if (status == 401 || status == 403) return ModelErrorKind::not_authorized;
  if (status == 429) return ModelErrorKind::rate_limited;
  if (status >= 500) return ModelErrorKind::server_error;
  if (status >= 300) return ModelErrorKind::refused;  // also to answer here: nobody is followed to another place
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

// Where the request begins that some servers repeat in their messages (Python's and JSON's way of writing it).
std::string_view without_input(std::string_view text) noexcept {
  for (const std::string_view quote : {"'input'", "\"input\""}) text = text.substr(0, text.find(quote));
  return text;
}

// Nothing is cut here: the half of a secret is none that could be found.
void append_step(std::string& place, const Value& step) {
  if (!step.is_string() && !step.is_int()) return;
  place.append(place.empty() ? "" : ".");
  if (step.is_int()) {
    place.append(std::to_string(step.as_int()));
  } else {
    place.append(step.as_string().size() <= max_step ? step.as_string() : "…");
  }
}

// Of [{"loc": ["body", "messages", 0], "msg": …, "input": the request}, …], which FastAPI's servers give.
std::string text_of_faults(const Array& faults) {
  std::string text;
  for (std::size_t i = 0; i < std::min(faults.size(), most_faults_told); ++i) {
    const Value* const message = member_of(faults[i], "msg");
    if (message == nullptr || !message->is_string()) continue;
    std::string place;
    if (const Value* const steps = member_of(faults[i], "loc"); steps != nullptr && steps->is_array()) {
      const Array& all = steps->as_array();
      for (std::size_t j = 0; j < std::min(all.size(), most_steps); ++j) append_step(place, all[j]);
    }
    text.append(text.empty() ? "" : "; ").append(place).append(place.empty() ? "" : ": ");
    text.append(without_input(message->as_string()));
  }
  return text;
}

// What an object says in one of the members that are meant for it; empty if in none.
std::string text_of_members(const Value& error) {
  for (const char* key : {"message", "detail", "error", "code", "type"}) {
    const Value* const text = member_of(error, key);
    if (text == nullptr) continue;
    if (text->is_string() && !text->as_string().empty()) return std::string(without_input(text->as_string()));
    if (text->is_array() && key == std::string_view("detail")) return text_of_faults(text->as_array());
    if (text->is_int()) return std::to_string(text->as_int());
  }
  return {};
}

// Of the member "error", or the whole where it is one.
std::string text_of(const Value& error) {
  return error.is_string() ? std::string(without_input(error.as_string())) : text_of_members(error);
}

void sort_secrets(std::vector<std::string>& secrets) {
  std::erase_if(secrets, [](const std::string& secret) { return secret.empty(); });
  std::stable_sort(secrets.begin(), secrets.end(),
                   [](const std::string& a, const std::string& b) { return a.size() > b.size(); });
}

// However long the text is, it is read only as far as it is shown. A secret is replaced as a whole before anything is
// cut off: the half of one is none that could be found.
std::string cleaned(std::string_view text, std::size_t max_bytes, const std::vector<std::string>& secrets) {
  std::string without_secrets;
  while (!text.empty() && without_secrets.size() <= max_bytes) {
    const auto secret = std::find_if(secrets.begin(), secrets.end(),
                                     [text](const std::string& each) { return text.starts_with(each); });
    if (secret != secrets.end()) {
      without_secrets += "(secret)";
      text.remove_prefix(secret->size());
    } else {
      without_secrets += text.front();
      text.remove_prefix(1);
    }
  }
  std::string result;
  append_storable_utf8(result, without_secrets);
  for (char& c : result) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
  }
  const std::string_view prefix = utf8_prefix(result, max_bytes);
  return prefix.size() < result.size() ? std::string(prefix) + "…" : result;
}

}  // namespace

ChatErrors::ChatErrors(std::string name, ChatSecrets secrets)
    : name_(std::move(name)), keys_(std::move(secrets.keys)), secrets_(std::move(secrets.url_parts)) {
  secrets_.insert(secrets_.end(), keys_.begin(), keys_.end());
  sort_secrets(keys_);
  sort_secrets(secrets_);
}

std::string ChatErrors::clean(std::string_view text, std::size_t max_bytes) const {
  return cleaned(text, max_bytes, secrets_);
}

std::string ChatErrors::clean_name(std::string_view text, std::size_t max_bytes) const {
  return cleaned(text, max_bytes, keys_);
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
  // An error of another kind than expected may have its text beside it.
  std::string text = error != nullptr ? text_of(*error) : std::string();
  if (text.empty()) text = text_of_members(value);
  const std::string said = clean(text, max_message);
  return ModelError(kind_of_status(status),
                    name_ + " answered with " + std::to_string(status) + (said.empty() ? "" : ": " + said), status);
}

ModelError ChatErrors::of_error(const Value& error) const {
  // Those who have begun to answer with success can name the status only here.
  const Value* const code = member_of(error, "code");
  const bool is_status = code != nullptr && code->is_int() && code->as_int() >= 400 && code->as_int() < 600;
  const std::string said = clean(text_of(error), max_message);
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

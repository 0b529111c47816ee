#include "cleaning.h"

#include <utility>
#include <vector>

#include "spark/base/utf8.h"

namespace spark::detail {
namespace {

// `path` is the same after as before.
void redact_leaves(const Redactor& redactor, std::string& path, Value& value) {
  const std::size_t length = path.size();
  if (value.is_object()) {
    std::vector<Object::Member> members(value.as_object().begin(), value.as_object().end());
    for (auto& member : members) {
      path.append(1, '.').append(member.key);
      redact_leaves(redactor, path, member.value);
      path.resize(length);
    }
    value = Object(std::move(members));
  } else if (value.is_array()) {
    for (auto& element : value.as_array()) redact_leaves(redactor, path, element);
  } else {
    redactor(RedactedField{path, true, value});
  }
}

}  // namespace

std::uint64_t repair(std::string& text) {
  if (is_storable_utf8(text)) return 0;
  std::string repaired;
  append_storable_utf8(repaired, text);
  text = std::move(repaired);
  return 1;
}

std::uint64_t repair(Value& value) {
  if (value.is_string()) return repair(value.as_string());
  std::uint64_t count = 0;
  if (value.is_array()) {
    for (Value& element : value.as_array()) count += repair(element);
  } else if (value.is_object()) {
    bool has_bad_key = false;
    for (const Object::Member& member : value.as_object()) has_bad_key |= !is_storable_utf8(member.key);
    if (!has_bad_key) {
      for (const Object::Member& member : value.as_object()) count += repair(*value.as_object().find(member.key));
      return count;
    }
    std::vector<Object::Member> repaired(value.as_object().begin(), value.as_object().end());
    for (Object::Member& member : repaired) {
      repair(member.key);
      count += repair(member.value);
    }
    ++count;
    value = Object(std::move(repaired));
  }
  return count;
}

void redact(const Redactor& redactor, std::string_view path, Value& value) {
  std::string mutable_path(path);
  redact_leaves(redactor, mutable_path, value);
}

void redact_text(const Redactor& redactor, std::string_view path, std::string& text) {
  if (text.empty()) return;
  Value value{std::move(text)};
  redactor(RedactedField{path, false, value});
  text = value.is_string() ? std::move(value.as_string()) : std::string();
}

Object cleaned(const Object& object, const Redactor* redactor) {
  std::vector<Object::Member> members;
  for (Object::Member member : object) {
    repair(member.key);
    try {
      if (redactor != nullptr) redact(*redactor, member.key, member.value);
    } catch (...) {
      continue;  // what could not be redacted does not leave
    }
    repair(member.value);
    members.push_back(std::move(member));
  }
  return Object(std::move(members));
}

}  // namespace spark::detail

#include "backends/otlp/json_parts.h"

#include <algorithm>

namespace spark::detail::otlp {
namespace {

constexpr auto bad = std::string_view::npos;

// Behind the string that begins at `place`.
std::size_t behind_string(std::string_view text, std::size_t place) {
  for (++place; place < text.size() && text[place] != '"'; ++place) {
    if (text[place] == '\\') ++place;
  }
  return place < text.size() ? place + 1 : bad;
}

// Behind the value that begins at `place`.
std::size_t behind_value(std::string_view text, std::size_t place) {
  std::size_t depth = 0;
  while (place < text.size()) {
    const char c = text[place];
    if (c == '"') {
      place = behind_string(text, place);
      if (place == bad) return bad;
    } else if (c == '{' || c == '[') {
      ++depth;
      ++place;
      continue;
    } else if (c == '}' || c == ']') {
      if (depth == 0) return bad;
      --depth;
      ++place;
    } else if (c == ',' || c == ':') {
      if (depth == 0) return bad;
      ++place;
      continue;
    } else {
      place = std::min(text.find_first_of(",:]}\"[{", place), text.size());
    }
    if (depth == 0) return place;
  }
  return bad;
}

// The elements of an array from its first one on, up to its bracket at `end`. False: it is none.
bool take_elements(std::string_view text, std::size_t begin, std::size_t end, std::vector<std::string_view>& elements) {
  while (begin < end) {
    const std::size_t behind = behind_value(text, begin);
    if (behind > end || (behind < end && text[behind] != ',')) return false;
    elements.push_back(text.substr(begin, behind - begin));
    begin = behind + 1;
  }
  return true;
}

}  // namespace

JsonParts json_parts(std::string_view object, std::string_view key) {
  JsonParts found{.before = object, .is_bad = true};
  if (object.size() < 2 || object.front() != '{') return found;
  std::size_t place = 1;
  while (place < object.size() && object[place] == '"') {
    const std::size_t colon = behind_string(object, place);
    if (colon >= object.size() || object[colon] != ':') return found;
    const std::string_view name = object.substr(place + 1, colon - place - 2);
    const std::size_t begin = colon + 1, end = behind_value(object, begin);
    if (end >= object.size()) return found;
    if (name == key) {
      const bool is_array = object[begin] == '[';
      const std::size_t inner = begin + (is_array ? 1 : 0), behind = end - (is_array ? 1 : 0);
      found.before = object.substr(0, inner);
      found.after = object.substr(behind);
      found.is_bad = !take_elements(object, inner, behind, found.parts);
      return found;
    }
    if (object[end] != ',') break;
    place = end + 1;
  }
  found.is_bad = object.back() != '}';
  return found;
}

}  // namespace spark::detail::otlp

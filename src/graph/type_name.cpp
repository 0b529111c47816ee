#include "graph/type_name.h"

#include <cxxabi.h>

#include <cstdlib>
#include <memory>

namespace spark::detail {

namespace {

// ASCII only, whatever the locale says.
constexpr bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
constexpr bool is_lower_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }
constexpr char to_lower(char c) { return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

std::string demangled_name(const std::type_info& type) {
  int status = 0;
  const std::unique_ptr<char, void (*)(void*)> name(abi::__cxa_demangle(type.name(), nullptr, nullptr, &status),
                                                    std::free);
  return status == 0 ? name.get() : type.name();
}

std::string unqualified_name(std::string_view qualified) {
  // A scope's end is a "::" outside of any bracket: template arguments and parameter lists have scopes of
  // their own.
  std::size_t begin = 0;
  int depth = 0;
  for (std::size_t i = 0; i < qualified.size(); ++i) {
    const char c = qualified[i];
    if (c == '<' || c == '(' || c == '[' || c == '{') ++depth;
    if (c == '>' || c == ')' || c == ']' || c == '}') --depth;
    if (depth == 0 && c == ':' && i + 1 < qualified.size() && qualified[i + 1] == ':') begin = i + 2;
  }
  return std::string(qualified.substr(begin));
}

std::string id_base(std::string_view type) {
  constexpr std::string_view suffix = "Node";
  if (type.size() > suffix.size() && type.ends_with(suffix)) type.remove_suffix(suffix.size());
  std::string result;
  for (std::size_t i = 0; i < type.size(); ++i) {
    const char c = type[i];
    if (!is_upper(c) && !is_lower_or_digit(c)) {
      if (!result.empty() && result.back() != '_') result += '_';
      continue;
    }
    // A word begins at a capital after a small letter, and at the last capital of several before a small one.
    const bool after_small = i > 0 && is_lower_or_digit(type[i - 1]);
    const bool before_small = i > 0 && is_upper(type[i - 1]) && i + 1 < type.size() && is_lower_or_digit(type[i + 1]);
    if (is_upper(c) && (after_small || before_small) && !result.empty() && result.back() != '_') result += '_';
    result += to_lower(c);
  }
  while (!result.empty() && result.back() == '_') result.pop_back();
  return result.empty() ? "node" : result;
}

ExceptionText describe(const std::exception_ptr& exception) {
  try {
    std::rethrow_exception(exception);
  } catch (const std::exception& e) {
    return {demangled_name(typeid(e)), e.what() != nullptr ? e.what() : ""};
  } catch (...) {
    const std::type_info* type = abi::__cxa_current_exception_type();
    return {type != nullptr ? demangled_name(*type) : "unknown", ""};
  }
}

}  // namespace spark::detail

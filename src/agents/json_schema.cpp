#include "spark/agents/json_schema.h"

#include <algorithm>
#include <cmath>
#include <string_view>

#include "agents/schema_words.h"
#include "graph/malformed.h"

namespace spark {

namespace {

constexpr std::size_t most_faults = 10;
constexpr std::size_t most_shown_choices = 20;
// Schemas inside one another: more than any value that can be read needs, few enough for the stack.
constexpr int most_nested_checks = 256;
// Alternatives of alternatives multiply. A large value needs many checks by any schema: the bound of one grows with it.
constexpr std::size_t most_checks = 200'000, most_checks_of_part = 32;

// A place in the value, as a chain to its root; lives on the stack.
struct Place {
  const Place* parent = nullptr;
  std::string_view name = {};  // of a member
  std::size_t index = 0;       // of an element, where there is no name
  bool is_member = false;

  [[nodiscard]] std::string pointer() const {
    if (parent == nullptr) return {};
    return parent->pointer() + (is_member ? detail::pointer_step(name) : "/" + std::to_string(index));
  }
};

bool is_whole(const Value& value) noexcept {
  return value.is_int() ||
         (value.is_double() && std::isfinite(value.as_double()) && std::trunc(value.as_double()) == value.as_double());
}

bool is_of_type(const Value& value, std::string_view type) noexcept {
  if (type == "null") return value.is_null();
  if (type == "boolean") return value.is_bool();
  if (type == "integer") return is_whole(value);
  if (type == "number") return value.is_int() || (value.is_double() && std::isfinite(value.as_double()));
  if (type == "string") return value.is_string();
  if (type == "array") return value.is_array();
  return value.is_object();
}

std::string_view with_article(std::string_view type) noexcept {
  if (type == "null") return "null";
  if (type == "boolean") return "true or false";
  if (type == "integer") return "a whole number";
  if (type == "number") return "a number";
  if (type == "string") return "a string";
  return type == "array" ? "an array" : "an object";
}

std::size_t characters(std::string_view text) noexcept {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

// The value itself, its elements and members, and theirs.
std::size_t parts_of(const Value& value) {
  std::size_t count = 0;
  std::vector<const Value*> open{&value};
  for (; !open.empty(); ++count) {
    const Value& next = *open.back();
    open.pop_back();
    if (next.is_array()) {
      for (const Value& element : next.as_array()) open.push_back(&element);
    } else if (next.is_object()) {
      for (const Object::Member& member : next.as_object()) open.push_back(&member.value);
    }
  }
  return count;
}

using Faults = std::vector<std::string>;

class SchemaFaults {
 public:
  SchemaFaults(const Object& root, const Value& value) : root_(root), value_(value) {}

  void find(Faults& faults) {
    find_in_object(root_, value_, Place(), 0, faults);
    // Whatever an alternative made of it: nothing has been shown to be right.
    if (is_given_up_ && faults.empty()) add(faults, Place(), too_much);
  }

 private:
  static constexpr const char* too_much = "cannot be checked: the schema goes round in a circle, or takes too long";

  static void add(Faults& faults, const Place& place, const std::string& what) {
    if (faults.size() >= most_faults) return;
    const std::string pointer = place.pointer();
    faults.push_back((pointer.empty() ? "the value" : pointer) + " " + what);
  }

  // The parts are counted only for a value that needs it.
  bool is_too_much() {
    if (bound_ == most_checks) bound_ += most_checks_of_part * parts_of(value_);
    return checks_ > bound_;
  }

  void find_at(const Value& schema, const Value& value, const Place& place, int depth, Faults& faults) {
    if (schema.is_object()) return find_in_object(schema.as_object(), value, place, depth, faults);
    if (!schema.as_bool()) add(faults, place, "must not be there");
  }

  void find_in_object(const Object& schema, const Value& value, const Place& place, int depth, Faults& faults) {
    if (is_given_up_ || depth > most_nested_checks || (++checks_ > bound_ && is_too_much())) {
      is_given_up_ = true;
      return add(faults, place, too_much);
    }
    const std::size_t before = faults.size();
    if (const Value* const type = schema.find("type")) find_type(*type, value, place, faults);
    if (faults.size() > before) return;  // what follows would only say the same again
    find_choice(schema, value, place, faults);
    if (value.is_number()) find_number(schema, value, place, faults);
    if (value.is_string()) find_count(schema, "Length", characters(value.as_string()), "characters", place, faults);
    if (value.is_array()) find_array(schema, value.as_array(), place, depth, faults);
    if (value.is_object()) find_object(schema, value.as_object(), place, depth, faults);
    find_combined(schema, value, place, depth, faults);
  }

  static void find_type(const Value& type, const Value& value, const Place& place, Faults& faults) {
    if (type.is_string()) {
      if (!is_of_type(value, type.as_string())) {
        add(faults, place, "must be " + std::string(with_article(type.as_string())));
      }
      return;
    }
    std::string all;
    for (const Value& one : type.as_array()) {
      if (is_of_type(value, one.as_string())) return;
      all.append(all.empty() ? "" : " or ").append(with_article(one.as_string()));
    }
    add(faults, place, "must be " + all);
  }

  static void find_choice(const Object& schema, const Value& value, const Place& place, Faults& faults) {
    if (const Value* const constant = schema.find("const"); constant != nullptr && !(*constant == value)) {
      add(faults, place, "must be " + detail::shown(*constant));
    }
    const Value* const choices = schema.find("enum");
    if (choices == nullptr) return;
    const Array& all = choices->as_array();
    if (std::find(all.begin(), all.end(), value) != all.end()) return;
    std::string what = "must be one of ";
    for (std::size_t i = 0; i < std::min(all.size(), most_shown_choices); ++i) {
      what.append(i > 0 ? ", " : "").append(detail::shown(all[i]));
    }
    add(faults, place, all.size() > most_shown_choices ? what + " and others" : what);
  }

  static void find_number(const Object& schema, const Value& value, const Place& place, Faults& faults) {
    const auto bound = [&](std::string_view keyword, std::string_view what, auto holds) {
      const Value* const limit = schema.find(keyword);
      if (limit == nullptr || holds(value <=> *limit)) return;
      add(faults, place, std::string("must be ").append(what).append(" ").append(detail::shown(*limit)));
    };
    bound("minimum", "at least", [](std::partial_ordering order) { return order >= 0; });
    bound("maximum", "at most", [](std::partial_ordering order) { return order <= 0; });
    bound("exclusiveMinimum", "more than", [](std::partial_ordering order) { return order > 0; });
    bound("exclusiveMaximum", "less than", [](std::partial_ordering order) { return order < 0; });
  }

  // `what`: "Length" or "Items".
  static void find_count(const Object& schema, const std::string& what, std::size_t count, std::string_view unit,
                         const Place& place, Faults& faults) {
    const auto has = static_cast<std::int64_t>(count);
    const auto tell = [&](std::string_view bound, const Value& limit) {
      add(faults, place, std::string("must have ").append(bound).append(detail::shown(limit)).append(" ").append(unit));
    };
    if (const Value* const least = schema.find("min" + what); least != nullptr && has < least->as_int()) {
      tell("at least ", *least);
    }
    if (const Value* const most = schema.find("max" + what); most != nullptr && has > most->as_int()) {
      tell("at most ", *most);
    }
  }

  void find_array(const Object& schema, const Array& array, const Place& place, int depth, Faults& faults) {
    find_count(schema, "Items", array.size(), "elements", place, faults);
    const Value* const items = schema.find("items");
    if (items == nullptr) return;
    for (std::size_t i = 0; i < array.size() && faults.size() < most_faults && !is_given_up_; ++i) {
      find_at(*items, array[i], Place{.parent = &place, .index = i}, depth + 1, faults);
    }
  }

  void find_object(const Object& schema, const Object& object, const Place& place, int depth, Faults& faults) {
    if (const Value* const required = schema.find("required")) {
      for (const Value& name : required->as_array()) {
        if (object.contains(name.as_string())) continue;
        add(faults, Place{.parent = &place, .name = name.as_string(), .is_member = true}, "is missing");
      }
    }
    const Value* const properties = schema.find("properties");
    const Value* const additional = schema.find("additionalProperties");
    for (const auto& [name, value] : object) {
      if (faults.size() >= most_faults || is_given_up_) return;
      const Place member{.parent = &place, .name = name, .is_member = true};
      const Value* const known = properties != nullptr ? properties->as_object().find(name) : nullptr;
      if (known != nullptr) {
        find_at(*known, value, member, depth + 1, faults);
      } else if (additional != nullptr) {
        find_at(*additional, value, member, depth + 1, faults);
      }
    }
  }

  void find_combined(const Object& schema, const Value& value, const Place& place, int depth, Faults& faults) {
    if (const Value* const reference = schema.find("$ref")) {
      find_at(*detail::find_definition(root_, reference->as_string()), value, place, depth + 1, faults);
    }
    if (const Value* const all = schema.find("allOf")) {
      for (const Value& one : all->as_array()) find_at(one, value, place, depth + 1, faults);
    }
    if (const Value* const any = schema.find("anyOf")) find_alternative(*any, false, value, place, depth, faults);
    if (const Value* const one = schema.find("oneOf")) find_alternative(*one, true, value, place, depth, faults);
  }

  void find_alternative(const Value& schemas, bool is_one, const Value& value, const Place& place, int depth,
                        Faults& faults) {
    std::size_t holding = 0;
    std::string why;
    for (const Value& schema : schemas.as_array()) {
      Faults of_this;
      find_at(schema, value, place, depth + 1, of_this);
      if (is_given_up_) return add(faults, place, too_much);
      if (of_this.empty()) {
        if (++holding == 1 && !is_one) return;
      } else if (why.size() < 500) {
        why.append(why.empty() ? "" : "; ").append(of_this.front());
      }
    }
    if (holding == 1) return;
    if (holding == 0) {
      add(faults, place, "is none of what is allowed (" + why + ")");
    } else {
      add(faults, place, "is several of what must be only one");
    }
  }

  const Object& root_;
  const Value& value_;
  std::size_t checks_ = 0, bound_ = most_checks;
  bool is_given_up_ = false;
};

}  // namespace

std::vector<std::string> schema_faults(const Object& schema, const Value& value) {
  Faults faults;
  SchemaFaults(schema, value).find(faults);
  return faults;
}

}  // namespace spark

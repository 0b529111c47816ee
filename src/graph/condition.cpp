#include "spark/graph/condition.h"

#include <algorithm>

#include "graph/condition_term.h"
#include "graph/malformed.h"
#include "spark/base/json.h"
#include "telemetry/attribute_condition.h"

namespace spark {

namespace {

using detail::ConditionKind;
using detail::ConditionOp;
using detail::ConditionTerm;
using detail::TermPtr;

// Numbers and strings are ordered, and equal only to their own kind; so <= is < or ==.
bool is_ordered(const Value& value) noexcept { return value.is_number() || value.is_string(); }

bool contains_value(const Value& whole, const Value& wanted) noexcept {
  if (whole.is_string()) {
    return wanted.is_string() && whole.as_string().find(wanted.as_string()) != std::string::npos;
  }
  if (!whole.is_array()) return false;
  const Array& array = whole.as_array();
  return std::find(array.begin(), array.end(), wanted) != array.end();
}

bool comparison_holds(const ConditionTerm& term, const Object& outputs) noexcept {
  const Value* actual = detail::find_attribute(outputs, term.keys);
  if (actual == nullptr) return false;
  const auto holds = [&](AttributeOp op) { return detail::attribute_holds(*actual, op, term.value); };
  switch (term.op) {
    case ConditionOp::equal:
      return holds(AttributeOp::equal);
    case ConditionOp::not_equal:
      return holds(AttributeOp::not_equal);
    case ConditionOp::less:
      return holds(AttributeOp::less);
    case ConditionOp::at_most:
      return is_ordered(term.value) && (holds(AttributeOp::less) || holds(AttributeOp::equal));
    case ConditionOp::greater:
      return holds(AttributeOp::greater);
    case ConditionOp::at_least:
      return is_ordered(term.value) && (holds(AttributeOp::greater) || holds(AttributeOp::equal));
    case ConditionOp::exists:
      return true;
    case ConditionOp::contains:
      return contains_value(*actual, term.value);
    case ConditionOp::matches:
      return actual->is_string() && term.glob->matches(actual->as_string());
  }
  return false;
}

bool term_holds(const TermPtr& term, const Object& outputs) {
  if (term == nullptr) return true;
  const auto part_holds = [&](const TermPtr& part) { return term_holds(part, outputs); };
  switch (term->kind) {
    case ConditionKind::comparison:
      return comparison_holds(*term, outputs);
    case ConditionKind::all:
      return std::all_of(term->parts.begin(), term->parts.end(), part_holds);
    case ConditionKind::any:
      return std::any_of(term->parts.begin(), term->parts.end(), part_holds);
    case ConditionKind::negation:
      return !part_holds(term->parts.front());
    case ConditionKind::callable:
      return term->function(outputs);
    case ConditionKind::otherwise:
      return true;
  }
  return false;
}

// As it is if it reads as a name, else quoted.
void append_name(std::string& out, std::string_view name) {
  const bool reads = std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("_.-$:").find(c) != std::string_view::npos;
  });
  if (reads) {
    out.append(name);
  } else {
    append_json_string(out, name);
  }
}

void append_comparison(std::string& out, const ConditionTerm& term) {
  append_name(out, term.path);
  out.append(" ").append(detail::to_string(term.op));
  if (term.op == ConditionOp::exists) return;
  out.append(" ");
  append_json(out, term.value);
}

void append_term(std::string& out, const TermPtr& term);

void append_compound(std::string& out, const ConditionTerm& term, std::string_view between) {
  for (std::size_t i = 0; i < term.parts.size(); ++i) {
    const TermPtr& part = term.parts[i];
    if (i > 0) out.append(between);
    const bool is_compound = part != nullptr && (part->kind == ConditionKind::all || part->kind == ConditionKind::any);
    if (is_compound) out.append("(");
    append_term(out, part);
    if (is_compound) out.append(")");
  }
}

void append_term(std::string& out, const TermPtr& term) {
  if (term == nullptr) {
    out.append("always");
    return;
  }
  switch (term->kind) {
    case ConditionKind::comparison:
      return append_comparison(out, *term);
    case ConditionKind::all:
      return append_compound(out, *term, " and ");
    case ConditionKind::any:
      return append_compound(out, *term, " or ");
    case ConditionKind::negation:
      out.append("not (");
      append_term(out, term->parts.front());
      out.append(")");
      return;
    case ConditionKind::callable:
      append_name(out, term->name);
      out.append("()");
      return;
    case ConditionKind::otherwise:
      out.append("otherwise");
      return;
  }
}

Value term_value(const TermPtr& term) {
  if (term == nullptr) return Object{{"always", true}};
  const auto parts = [&] {
    Array values;
    for (const TermPtr& part : term->parts) values.push_back(term_value(part));
    return values;
  };
  switch (term->kind) {
    case ConditionKind::comparison: {
      Object object{{"path", term->path}, {"op", detail::to_string(term->op)}};
      if (term->op != ConditionOp::exists) object.set("value", term->value);
      return object;
    }
    case ConditionKind::all:
      return Object{{"all", parts()}};
    case ConditionKind::any:
      return Object{{"any", parts()}};
    case ConditionKind::negation:
      return Object{{"not", term_value(term->parts.front())}};
    case ConditionKind::callable:
      return Object{{"callable", term->name}};
    case ConditionKind::otherwise:
      return Object{{"otherwise", true}};
  }
  return {};
}

// Two terms as the parts of one of this kind; the parts of those that are of it already.
TermPtr combined(ConditionKind kind, const TermPtr& a, const TermPtr& b, std::string_view place) {
  std::vector<TermPtr> parts;
  for (const TermPtr& side : {a, b}) {
    if (side != nullptr && side->kind == kind) {
      parts.insert(parts.end(), side->parts.begin(), side->parts.end());
    } else {
      parts.push_back(side);
    }
  }
  return detail::make_compound(kind, std::move(parts), place);
}

}  // namespace

Condition Condition::otherwise() { return Condition(std::make_shared<const ConditionTerm>()); }

Condition Condition::callable(std::string name, ConditionFunction function) {
  return Condition(detail::make_callable(std::move(name), std::move(function), "Condition::callable"));
}

bool Condition::holds(const Object& outputs) const { return term_holds(term_, outputs); }
bool Condition::is_always() const noexcept { return term_ == nullptr; }
bool Condition::is_otherwise() const noexcept { return term_ != nullptr && term_->kind == ConditionKind::otherwise; }

std::string Condition::to_string() const {
  std::string result;
  append_term(result, term_);
  return result;
}

Value Condition::to_value() const { return term_ == nullptr ? Value() : term_value(term_); }

Condition Condition::both(const Condition& a, const Condition& b) {
  return Condition(combined(ConditionKind::all, a.term_, b.term_, "a && b"));
}

Condition Condition::either(const Condition& a, const Condition& b) {
  return Condition(combined(ConditionKind::any, a.term_, b.term_, "a || b"));
}

Condition Condition::negation(const Condition& condition) {
  return Condition(detail::make_compound(ConditionKind::negation, {condition.term_}, "!a"));
}

OutputPath::OutputPath(std::string_view path) : path_(path) { static_cast<void>(detail::split_path(path_, "output")); }

Condition OutputPath::exists() const { return compare("exists", {}); }
Condition OutputPath::is_true() const { return compare("==", true); }
Condition OutputPath::contains(Value value) const { return compare("contains", std::move(value)); }
Condition OutputPath::matches(std::string_view glob) const { return compare("matches", glob); }

Condition OutputPath::compare(std::string_view op, Value value) const {
  const std::string place = "output(" + detail::quoted(path_) + ")";
  // The op is one of ours.
  return Condition(detail::make_comparison(path_, *detail::condition_op(op), value, {place, place}));
}

}  // namespace spark

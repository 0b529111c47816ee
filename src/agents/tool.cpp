#include "spark/agents/tool.h"

#include <algorithm>

#include "graph/malformed.h"
#include "spark/agents/json_schema.h"
#include "spark/base/error.h"
#include "spark/graph/node_policy.h"

namespace spark {

namespace {

constexpr std::size_t most_tool_name = 64;

bool is_tool_name(std::string_view name) noexcept {
  const auto is_allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  };
  return !name.empty() && name.size() <= most_tool_name && std::all_of(name.begin(), name.end(), is_allowed);
}

[[noreturn]] void refuse_tool(const std::string& tool, const std::string& what) {
  throw Error(ErrorCode::invalid_argument, "the tool " + detail::quoted(tool) + ": " + what);
}

// What the model is told, or what is checked.
Object schema_of_members(const std::vector<std::string>& names, std::vector<Object> types, Array required) {
  Object properties;
  for (std::size_t i = 0; i < names.size(); ++i) properties.set(names[i], std::move(types[i]));
  return {{"type", "object"},
          {"properties", std::move(properties)},
          {"required", std::move(required)},
          {"additionalProperties", false}};
}

}  // namespace

struct Tool::State {
  ToolDefinition definition;
  Object checked;
  std::vector<std::string> optional;  // names
  ToolOptions options;
  std::function<Task<Value>(Object)> call;

  void take_typed(std::vector<detail::TypedParameter> parameters);
  // Models write null for what they leave out.
  [[nodiscard]] Object without_nulls(Object arguments) const;
  static Task<Value> call_checked(std::shared_ptr<const State> state, Object arguments);
};

void Tool::State::take_typed(std::vector<detail::TypedParameter> parameters) {
  std::vector<std::string> names;
  std::vector<Object> shown;
  std::vector<Object> of_check;
  Array required;
  for (detail::TypedParameter& each : parameters) {
    if (std::find(names.begin(), names.end(), each.name) != names.end()) {
      refuse_tool(definition.name, "two of its parameters are called " + detail::quoted(each.name));
    }
    if (!each.description.empty()) each.shown.set("description", std::move(each.description));
    shown.push_back(std::move(each.shown));
    of_check.push_back(std::move(each.checked));
    names.push_back(each.name);
    if (each.is_optional) {
      optional.push_back(std::move(each.name));
    } else {
      required.emplace_back(std::move(each.name));
    }
  }
  definition.parameters = schema_of_members(names, std::move(shown), required);
  checked = schema_of_members(names, std::move(of_check), std::move(required));
}

Object Tool::State::without_nulls(Object arguments) const {
  for (const std::string& name : optional) {
    const Value* const value = arguments.find(name);
    if (value != nullptr && value->is_null()) arguments.erase(name);
  }
  return arguments;
}

Tool::Tool(std::string name, std::string description, detail::MadeTool made) {
  if (!is_tool_name(name)) refuse_tool(name, "its name must be 1 to 64 letters, digits, _ and -");
  if (made.options.is_blocking && made.gives_task) {
    refuse_tool(name, "a function that gives a Task cannot be blocking");
  }
  const Seconds timeout = made.options.timeout;
  if (timeout != Seconds(0) && !(timeout >= min_node_timeout && timeout <= max_node_timeout)) {
    refuse_tool(name, "timeout must be 0, or 1 µs to 365 days");
  }
  auto state = std::make_shared<State>();
  state->definition = ToolDefinition(std::move(name), std::move(description), std::move(made.shown));
  state->options = made.options;
  state->call = std::move(made.call);
  if (state->definition.parameters.empty()) {
    state->take_typed(std::move(made.typed));
  } else {
    try {
      check_schema(state->definition.parameters);
    } catch (const Error& error) {
      refuse_tool(state->definition.name, error.what());
    }
    state->checked = state->definition.parameters;
  }
  state_ = std::move(state);
}

const std::string& Tool::name() const noexcept { return state_->definition.name; }
const ToolDefinition& Tool::definition() const noexcept { return state_->definition; }
const ToolOptions& Tool::options() const noexcept { return state_->options; }

std::vector<std::string> Tool::faults(const Object& arguments) const {
  return schema_faults(state_->checked, state_->without_nulls(arguments));
}

Task<Value> Tool::call(Object arguments) const { return State::call_checked(state_, std::move(arguments)); }

// Keeps what it needs: a Tool may be a temporary.
Task<Value> Tool::State::call_checked(std::shared_ptr<const State> state, Object arguments) {
  arguments = state->without_nulls(std::move(arguments));
  std::string wrong;
  for (const std::string& fault : schema_faults(state->checked, arguments))
    wrong += (wrong.empty() ? "" : "; ") + fault;
  if (!wrong.empty()) throw Error(ErrorCode::invalid_argument, wrong);
  Task<Value> task = state->call(std::move(arguments));
  co_return co_await std::move(task);
}

}  // namespace spark

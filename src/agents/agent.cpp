#include "spark/agents/agent.h"

#include <algorithm>
#include <utility>

#include "agents/agent_run.h"
#include "graph/content_hash.h"
#include "graph/malformed.h"
#include "spark/agents/json_schema.h"
#include "spark/base/error.h"
#include "spark/graph/execution_context.h"
#include "spark/graph/node_policy.h"

namespace spark {

namespace {

constexpr double highest_temperature = 2;
constexpr std::size_t least_tool_result_bytes = 100;
constexpr std::int64_t most_output_retries = 100;

std::string option_place(const char* name) { return std::string("AgentOptions::") + name; }

void check_tools(const std::vector<Tool>& tools) {
  if (tools.size() > max_agent_tools) {
    detail::refuse_value(option_place("tools"), std::to_string(tools.size()) + " tools", "at most 128");
  }
  for (auto tool = tools.begin(); tool != tools.end(); ++tool) {
    const auto is_same = [&tool](const Tool& other) { return other.name() == tool->name(); };
    if (std::any_of(tools.begin(), tool, is_same)) {
      detail::refuse(option_place("tools"), "two of them are called " + tool->name());
    }
  }
}

AgentOptions valid_agent_options(AgentOptions options) {
  const auto whole = [](const char* name, std::int64_t value, std::int64_t least, std::int64_t most) {
    detail::require_range(option_place(name), value, least, most);
  };
  if (options.name.empty()) detail::refuse(option_place("name"), "it is empty");
  check_tools(options.tools);
  whole("max_steps", options.max_steps, 1, max_agent_steps);
  if (options.max_tokens) whole("max_tokens", *options.max_tokens, 1, INT64_MAX);
  if (options.max_cost && *options.max_cost <= Dollars()) {
    detail::refuse_value(option_place("max_cost"), options.max_cost->to_string(), "more than 0");
  }
  if (options.max_duration) {
    detail::require_range(option_place("max_duration"), options.max_duration->count(), min_node_timeout.count(),
                          max_node_timeout.count());
  }
  if (options.max_parallel_tools < 1 || options.max_parallel_tools > max_parallel_tool_calls) {
    detail::refuse_value(option_place("max_parallel_tools"), std::to_string(options.max_parallel_tools), "1 to 1000");
  }
  if (options.max_tool_result_bytes < least_tool_result_bytes) {
    detail::refuse_value(option_place("max_tool_result_bytes"), std::to_string(options.max_tool_result_bytes),
                         "at least 100");
  }
  whole("max_output_retries", options.max_output_retries, 0, most_output_retries);
  if (options.temperature) {
    detail::require_range(option_place("temperature"), *options.temperature, 0.0, highest_temperature);
  }
  if (options.max_output_tokens) whole("max_output_tokens", *options.max_output_tokens, 1, INT64_MAX);
  if (options.output_schema) check_schema(*options.output_schema);
  return options;
}

// Inputs are content: what is wrong with them is said without them.
[[noreturn]] void refuse_input(const std::string& place, const Value& value, const char* wanted) {
  detail::refuse(place, "it is of type " + std::string(to_string(value.type())) + ", not " + wanted);
}

const std::string& text_input(const Value& value, const std::string& place) {
  if (!value.is_string()) refuse_input(place, value, "a string");
  return value.as_string();
}

MessageRole role_input(const Value& value, const std::string& place) {
  const std::string& name = text_input(value, place);
  for (const MessageRole role : {MessageRole::system, MessageRole::user, MessageRole::assistant}) {
    if (to_string(role) == name) return role;
  }
  detail::refuse(place, "it is not system, user or assistant");
}

Message message_input(const Value& value, const std::string& place) {
  if (!value.is_object()) refuse_input(place, value, "an object");
  const Object& object = value.as_object();
  const Value *const role = object.find("role"), *const content = object.find("content");
  if (role == nullptr || content == nullptr || object.size() != 2) {
    detail::refuse(place, "a message has role and content, and nothing else");
  }
  return {role_input(*role, place + ".role"), text_input(*content, place + ".content")};
}

std::vector<Message> messages_of(const Inputs& inputs) {
  std::vector<Message> messages;
  if (const Value* const prompt = inputs.find("prompt")) {
    messages.push_back(Message::user(text_input(*prompt, "inputs.prompt")));
    return messages;
  }
  const Value* const given = inputs.find("messages");
  const Value* const text = inputs.find("text");
  if (given == nullptr && text != nullptr) {
    messages.push_back(Message::user(text_input(*text, "inputs.text")));
    return messages;
  }
  if (given == nullptr) {
    detail::refuse("the inputs of an agent", "there is neither \"prompt\" nor \"messages\" nor \"text\"");
  }
  if (!given->is_array()) refuse_input("inputs.messages", *given, "an array");
  const Array& array = given->as_array();
  for (std::size_t i = 0; i < array.size(); ++i) {
    messages.push_back(message_input(array[i], detail::element_place("inputs.messages", i)));
  }
  return messages;
}

}  // namespace

std::string_view to_string(AgentEnd end) noexcept {
  switch (end) {
    case AgentEnd::answered:
      return "answered";
    case AgentEnd::max_steps:
      return "max_steps";
    case AgentEnd::max_tokens:
      return "max_tokens";
    case AgentEnd::max_cost:
      return "max_cost";
    case AgentEnd::max_duration:
      return "max_duration";
    case AgentEnd::budget_exceeded:
      return "budget_exceeded";
  }
  return "unknown";
}

Agent::Agent(std::shared_ptr<Model> model, AgentOptions options)
    : model_(std::move(model)), options_(valid_agent_options(std::move(options))) {
  if (model_ == nullptr) detail::refuse("Agent", "the model is null");
  for (const Tool& tool : options_.tools) definitions_.push_back(tool.definition());
}

Task<AgentResult> Agent::run(std::string prompt) const {
  std::vector<Message> messages;
  messages.push_back(Message::user(std::move(prompt)));
  return run(std::move(messages));
}

Task<AgentResult> Agent::run(std::vector<Message> messages) const {
  return detail::run_agent({*model_, options_, definitions_}, std::move(messages));
}

Task<Outputs> Agent::process(ExecutionContext& context) {
  Task<AgentResult> running = run(messages_of(context.inputs()));
  AgentResult result = co_await std::move(running);
  Outputs outputs{{"steps", result.steps},
                  {"end", to_string(result.end)},
                  {"input_tokens", result.usage.input_tokens},
                  {"output_tokens", result.usage.output_tokens},
                  {"cost", result.cost.as_double()}};
  if (options_.output_schema) {
    outputs.set("output", std::move(result.output));
  } else {
    outputs.set("text", std::move(result.text));
  }
  co_return outputs;
}

Object Agent::config() const {
  Array tools;
  for (const Tool& tool : options_.tools) tools.emplace_back(tool.name());
  Object config{{"name", options_.name},
                {"model", model_->model_id()},
                {"instructions", options_.instructions},
                {"max_steps", options_.max_steps},
                {"tools", std::move(tools)}};
  if (options_.temperature) config.set("temperature", *options_.temperature);
  return config;
}

Object Agent::recorded_config() const {
  Object recorded = config();
  if (!options_.capture_content && !options_.instructions.empty()) {
    recorded.set("instructions", "(hash " + detail::content_hash(options_.instructions) + ")");
  }
  return recorded;
}

std::vector<Tunable> Agent::tunables(const std::vector<std::string>& models) {
  const AgentOptions defaults;
  Choices choices;
  for (const std::string& model : models) choices.values.emplace_back(model);
  return {
      {.name = "model",
       .domain = choices,
       .default_value = models.empty() ? Value() : Value(models.front()),
       .description = "The model that is asked: what it can do, costs and takes."},
      {.name = "instructions",
       .domain = FreeText{},
       .default_value = defaults.instructions,
       .description = "What the model is told before each conversation."},
      {.name = "temperature",
       .domain = NumberBounds{0, highest_temperature},
       .default_value = 1.0,
       .description = "Lower answers alike each time, higher varies more."},
      {.name = "max_steps",
       .domain = IntegerBounds{1, 100},
       .default_value = defaults.max_steps,
       .description = "How many answers of the model a run may take before it is stopped."},
  };
}

AgentOptions Agent::options_of(const Object& config, AgentOptions options) {
  if (const Value* const name = config.find("name")) options.name = detail::string_at(*name, "config.name");
  if (const Value* const text = config.find("instructions")) {
    options.instructions = detail::string_at(*text, "config.instructions");
  }
  if (const Value* const value = config.find("temperature")) {
    options.temperature = detail::number_at(*value, "config.temperature");
  }
  if (const Value* const value = config.find("max_steps")) {
    options.max_steps = detail::int_at(*value, "config.max_steps");
  }
  return options;
}

Task<AgentResult> AgentConversation::say(std::string prompt) {
  std::vector<Message> messages = messages_;
  messages.push_back(Message::user(std::move(prompt)));
  Task<AgentResult> running = agent_.run(std::move(messages));
  AgentResult result = co_await std::move(running);
  messages_ = result.messages;
  co_return result;
}

}  // namespace spark

// A Tool is a function that a model may call: with a name and a description by which the model chooses it, and a JSON
// schema of its parameters, which follows from their types:
//
//   const spark::Tool weather("get_weather", "The weather of a city",
//                             {{"city", "The city's name"}, {"days", "How many days, 1 to 14"}},
//                             [](std::string city, std::optional<int> days) -> spark::Value { … });
//
// Parameters are bool, integers, floating-point numbers, std::string, Value (anything), Object, std::vector of these,
// and std::optional of these, which the model may leave out. The function gives what a Value can be made of, nothing,
// or a Task of either. What it throws is told to the model, so it should say what to do about it, and no secrets.
//
// Tools are values that share their function, which must be safe to call several times at once.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "spark/agents/detail/typed_tool.h"
#include "spark/agents/message.h"
#include "spark/agents/tool_options.h"
#include "spark/async/task.h"
#include "spark/base/value.h"

namespace spark {

class Tool {
 public:
  // The names of the parameters, in the function's order. Throws Error(invalid_argument) for a name that is not 1 to 64
  // of A-Z, a-z, 0-9, "_" and "-", as providers want it; for two parameters of one name; for options that cannot be.
  template <std::size_t count, class Function>
  Tool(std::string name, std::string description, const ToolParameter (&parameters)[count], Function function,
       const ToolOptions& options = {})
      : Tool(std::move(name), std::move(description),
             detail::make_typed_tool(std::vector<ToolParameter>(parameters, parameters + count), std::move(function),
                                     options)) {
    static_assert(detail::ToolSignature<Function>::size == count,
                  "name and describe each parameter of the function, in its order");
  }
  // Without parameters.
  template <class Function>
  Tool(std::string name, std::string description, Function function, const ToolOptions& options = {})
      : Tool(std::move(name), std::move(description), detail::make_typed_tool({}, std::move(function), options)) {
    static_assert(detail::ToolSignature<Function>::size == 0,
                  "name and describe each parameter of the function, in its order");
  }

  // Of a function of an Object, with a schema of one's own (spark/agents/json_schema.h): for what is known only when
  // the program runs. Throws Error(invalid_argument) for a schema that cannot be used too.
  template <class Function>
  [[nodiscard]] static Tool with_schema(std::string name, std::string description, Object parameters, Function function,
                                        const ToolOptions& options = {}) {
    return Tool(std::move(name), std::move(description),
                detail::make_tool_with_schema(std::move(parameters), std::move(function), options));
  }

  [[nodiscard]] const std::string& name() const noexcept;
  [[nodiscard]] const ToolDefinition& definition() const noexcept;
  [[nodiscard]] const ToolOptions& options() const noexcept;

  // What of the arguments is not as the schema wants it: empty if nothing is.
  [[nodiscard]] std::vector<std::string> faults(const Object& arguments) const;
  // Calls the function, on the executor of the awaiting task, without a timeout. Throws Error(invalid_argument) with
  // the faults, and what the function throws.
  [[nodiscard]] Task<Value> call(Object arguments) const;

 private:
  struct State;

  Tool(std::string name, std::string description, detail::MadeTool made);

  std::shared_ptr<const State> state_;
};

}  // namespace spark

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

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "spark/agents/detail/typed_tool.h"
#include "spark/agents/message.h"
#include "spark/async/task.h"
#include "spark/base/clock.h"
#include "spark/base/value.h"

namespace spark {

class ToolParameter {
 public:
  ToolParameter(std::string its_name, std::string its_description)
      : name(std::move(its_name)), description(std::move(its_description)) {}

  std::string name;
  std::string description;  // for the model; may be empty
};

struct ToolOptions {
  // Whether a call changes anything outside of it. Tools that only read say false: such calls may be made again, as
  // when a recorded run is done once more.
  bool has_effects = true;
  // The function blocks (a file, a database): it is called on the threads of run_blocking. Not for one that gives a
  // Task.
  bool is_blocking = false;
  Seconds timeout{0};  // of one call, which then fails; 0: none, else 1 µs to 365 days
};

class Tool {
 public:
  // The names of the parameters, in the function's order. Throws Error(invalid_argument) for a name that is not 1 to 64
  // of A-Z, a-z, 0-9, "_" and "-", as providers want it; for two parameters of one name; for options that cannot be.
  template <std::size_t count, class Function>
  Tool(std::string name, std::string description, const ToolParameter (&parameters)[count], Function function,
       const ToolOptions& options = {})
      : Tool(std::move(name), std::move(description),
             make<Function>(std::vector<ToolParameter>(parameters, parameters + count), std::move(function), options)) {
    static_assert(detail::ToolSignature<Function>::size == count,
                  "name and describe each parameter of the function, in its order");
  }
  // Without parameters.
  template <class Function>
  requires(!std::is_same_v<Function, ToolOptions> && detail::ToolSignature<Function>::size == 0)
      Tool(std::string name, std::string description, Function function, const ToolOptions& options = {})
      : Tool(std::move(name), std::move(description), make<Function>({}, std::move(function), options)) {}

  // Of a function of an Object, with a schema of one's own (spark/agents/json_schema.h): for what is known only when
  // the program runs. Throws Error(invalid_argument) for a schema that cannot be used too.
  template <class Function>
  [[nodiscard]] static Tool with_schema(std::string name, std::string description, Object parameters, Function function,
                                        const ToolOptions& options = {}) {
    using Result = std::invoke_result_t<Function&, Object>;
    static_assert(detail::is_tool_result<Result>,
                  "the function must give what a Value can be made of, void, or a Task");
    auto shared = std::make_shared<Function>(std::move(function));
    Made made;
    made.shown = std::move(parameters);
    made.options = options;
    made.gives_task = detail::gives_tool_task<Result>;
    made.call = [shared, is_blocking = options.is_blocking](Object arguments) {
      return detail::call_tool(shared, std::tuple<Object>(std::move(arguments)), is_blocking);
    };
    if (made.shown.empty()) made.shown = {{"type", "object"}};
    return Tool(std::move(name), std::move(description), std::move(made));
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
  struct TypedParameter {
    std::string name;
    std::string description;
    Object shown;
    Object checked;
    bool is_optional;
  };
  struct Made {
    std::vector<TypedParameter> typed = {};  // of a typed function, otherwise `shown`
    Object shown = {};
    ToolOptions options = {};
    bool gives_task = false;
    std::function<Task<Value>(Object)> call = {};
  };
  struct State;

  Tool(std::string name, std::string description, Made made);

  template <class Parameter>
  static Parameter take(const Object& arguments, const std::string& name) {
    const Value* const value = arguments.find(name);
    if constexpr (detail::ToolType<Parameter>::is_optional) {
      if (value == nullptr) return std::nullopt;
    }
    return detail::ToolType<Parameter>::from(*value);
  }

  template <class Function>
  static Made make(std::vector<ToolParameter> parameters, Function function, const ToolOptions& options) {
    using Signature = detail::ToolSignature<Function>;
    static_assert(Signature::has_parameters_of_tools,
                  "parameters of tools are bool, integers, floating-point numbers, std::string, spark::Value, "
                  "spark::Object, std::vector of these and std::optional of these, by value or const reference");
    static_assert(detail::is_tool_result<typename Signature::Result>,
                  "tools give what a spark::Value can be made of, void, or a spark::Task of these");
    // The static assertions above say it better than what would follow.
    if constexpr (Signature::has_parameters_of_tools && detail::is_tool_result<typename Signature::Result>) {
      return make_typed<Function>(std::move(parameters), std::move(function), options,
                                  std::make_index_sequence<Signature::size>());
    } else {
      return {};
    }
  }

  template <class Function, std::size_t... indices>
  static Made make_typed(std::vector<ToolParameter> parameters, Function function, const ToolOptions& options,
                         std::index_sequence<indices...>) {
    using Arguments = typename detail::ToolSignature<Function>::Arguments;
    Made made;
    made.options = options;
    made.gives_task = detail::gives_tool_task<typename detail::ToolSignature<Function>::Result>;
    if (parameters.size() != sizeof...(indices)) return made;  // refused by the constructor's static assertion
    made.typed = {
        TypedParameter{parameters[indices].name, parameters[indices].description,
                       detail::ToolType<std::tuple_element_t<indices, Arguments>>::schema(detail::SchemaFor::model),
                       detail::ToolType<std::tuple_element_t<indices, Arguments>>::schema(detail::SchemaFor::check),
                       detail::ToolType<std::tuple_element_t<indices, Arguments>>::is_optional}...};
    auto shared = std::make_shared<Function>(std::move(function));
    made.call = [shared, is_blocking = options.is_blocking, parameters = std::move(parameters)](Object arguments) {
      // Braces, so that they are taken in their order.
      return detail::call_tool(
          shared, Arguments{take<std::tuple_element_t<indices, Arguments>>(arguments, parameters[indices].name)...},
          is_blocking);
    };
    return made;
  }

  std::shared_ptr<const State> state_;
};

}  // namespace spark

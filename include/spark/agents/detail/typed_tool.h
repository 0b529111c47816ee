// How a function becomes a tool: its signature, its call, and what a Tool keeps of it. Private to spark.
#pragma once

#include <concepts>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "spark/agents/detail/tool_types.h"
#include "spark/agents/tool_options.h"
#include "spark/async/blocking.h"
#include "spark/async/task.h"
#include "spark/base/value.h"

namespace spark::detail {

template <class T>
struct ToolResult {
  using type = T;
};
template <class T>
struct ToolResult<Task<T>> {
  using type = T;
};

template <class T>
inline constexpr bool is_tool_result =
    std::is_void_v<typename ToolResult<T>::type> || std::is_convertible_v<typename ToolResult<T>::type, Value>;
template <class T>
inline constexpr bool gives_tool_task = !std::same_as<typename ToolResult<T>::type, T>;

// Of a function, a pointer to one, or an object with one operator().
template <class Function>
struct ToolSignature {
  static_assert(!std::same_as<Function, Function>,
                "tools are functions with one list of parameters, none of them auto");
};
template <class Function>
requires requires { &Function::operator(); }
struct ToolSignature<Function> : ToolSignature<decltype(&Function::operator())> {};
template <class R, class... Ps>
struct ToolSignature<R (*)(Ps...)> {
  using Result = R;
  using Arguments = std::tuple<std::remove_cvref_t<Ps>...>;
  static constexpr std::size_t size = sizeof...(Ps);
  static constexpr bool has_parameters_of_tools = (is_tool_parameter<Ps> && ...);
};
template <class R, class... Ps>
struct ToolSignature<R (*)(Ps...) noexcept> : ToolSignature<R (*)(Ps...)> {};
template <class C, class R, class... Ps>
struct ToolSignature<R (C::*)(Ps...)> : ToolSignature<R (*)(Ps...)> {};
template <class C, class R, class... Ps>
struct ToolSignature<R (C::*)(Ps...) const> : ToolSignature<R (*)(Ps...)> {};
template <class C, class R, class... Ps>
struct ToolSignature<R (C::*)(Ps...) noexcept> : ToolSignature<R (*)(Ps...)> {};
template <class C, class R, class... Ps>
struct ToolSignature<R (C::*)(Ps...) const noexcept> : ToolSignature<R (*)(Ps...)> {};

// Models are told that what gives nothing is done.
template <class Function, class Tuple>
Value call_tool_now(Function& function, Tuple& arguments) {
  if constexpr (std::is_void_v<decltype(std::apply(function, std::move(arguments)))>) {
    std::apply(function, std::move(arguments));
    return "done";
  } else {
    return Value(std::apply(function, std::move(arguments)));
  }
}

// The function and the arguments live until the task ends: the body of a coroutine that is a lambda uses both.
template <class Function, class Tuple>
Task<Value> call_tool(std::shared_ptr<Function> function, Tuple arguments, bool is_blocking) {
  using Given = decltype(std::apply(*function, std::move(arguments)));
  if constexpr (gives_tool_task<Given>) {
    auto task = std::apply(*function, std::move(arguments));
    if constexpr (std::is_void_v<typename ToolResult<Given>::type>) {
      co_await std::move(task);
      co_return "done";
    } else {
      co_return Value(co_await std::move(task));
    }
  } else {
    if (!is_blocking) co_return call_tool_now(*function, arguments);
    const auto shared = std::make_shared<Tuple>(std::move(arguments));
    const auto work = [function, shared] { return call_tool_now(*function, *shared); };
    co_return co_await run_blocking(work);
  }
}

struct TypedParameter {
  std::string name;
  std::string description;
  Object shown;
  Object checked;
  bool is_optional;
};

// What a Tool is made of.
struct MadeTool {
  std::vector<TypedParameter> typed = {};  // of a typed function, otherwise `shown`
  Object shown = {};
  ToolOptions options = {};
  bool gives_task = false;
  std::function<Task<Value>(Object)> call = {};
};

template <class Parameter>
Parameter take_argument(const Object& arguments, const std::string& name) {
  const Value* const value = arguments.find(name);
  if constexpr (ToolType<Parameter>::is_optional) {
    if (value == nullptr) return std::nullopt;
  }
  return ToolType<Parameter>::from(*value);
}

template <class Function, std::size_t... indices>
MadeTool make_typed_tool(std::vector<ToolParameter> parameters, Function function, const ToolOptions& options,
                         std::index_sequence<indices...>) {
  using Arguments = typename ToolSignature<Function>::Arguments;
  MadeTool made;
  made.options = options;
  made.gives_task = gives_tool_task<typename ToolSignature<Function>::Result>;
  if (parameters.size() != sizeof...(indices)) return made;  // refused by the constructor's static assertion
  made.typed = {TypedParameter{parameters[indices].name, parameters[indices].description,
                               ToolType<std::tuple_element_t<indices, Arguments>>::schema(SchemaFor::model),
                               ToolType<std::tuple_element_t<indices, Arguments>>::schema(SchemaFor::check),
                               ToolType<std::tuple_element_t<indices, Arguments>>::is_optional}...};
  auto shared = std::make_shared<Function>(std::move(function));
  made.call = [shared, is_blocking = options.is_blocking, parameters = std::move(parameters)](Object arguments) {
    // Braces, so that they are taken in their order.
    return call_tool(
        shared,
        Arguments{take_argument<std::tuple_element_t<indices, Arguments>>(arguments, parameters[indices].name)...},
        is_blocking);
  };
  return made;
}

template <class Function>
MadeTool make_typed_tool(std::vector<ToolParameter> parameters, Function function, const ToolOptions& options) {
  using Signature = ToolSignature<Function>;
  static_assert(Signature::has_parameters_of_tools,
                "parameters of tools are bool, integers, floating-point numbers, std::string, spark::Value, "
                "spark::Object, std::vector of these and std::optional of these, by value or const reference");
  static_assert(is_tool_result<typename Signature::Result>,
                "tools give what a spark::Value can be made of, void, or a spark::Task of these");
  // The static assertions say it better than what would follow.
  if constexpr (Signature::has_parameters_of_tools && is_tool_result<typename Signature::Result>) {
    return make_typed_tool(std::move(parameters), std::move(function), options,
                           std::make_index_sequence<Signature::size>());
  } else {
    return {};
  }
}

template <class Function>
MadeTool make_tool_with_schema(Object parameters, Function function, const ToolOptions& options) {
  using Result = std::invoke_result_t<Function&, Object>;
  static_assert(is_tool_result<Result>,
                "tools give what a spark::Value can be made of, void, or a spark::Task of these");
  auto shared = std::make_shared<Function>(std::move(function));
  MadeTool made;
  made.shown = std::move(parameters);
  if (made.shown.empty()) made.shown = {{"type", "object"}};
  made.options = options;
  made.gives_task = gives_tool_task<Result>;
  made.call = [shared, is_blocking = options.is_blocking](Object arguments) {
    return call_tool(shared, std::tuple<Object>(std::move(arguments)), is_blocking);
  };
  return made;
}

}  // namespace spark::detail

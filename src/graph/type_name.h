// Names of types and of exceptions, for people. Free functions without state.
#pragma once

#include <exception>
#include <string>
#include <string_view>
#include <typeinfo>

namespace spark::detail {

// As the compiler would print it, with namespaces.
[[nodiscard]] std::string demangled_name(const std::type_info& type);
// Without the namespaces, classes and functions it is declared in: TransformNode of
// app::steps::TransformNode.
[[nodiscard]] std::string unqualified_name(std::string_view qualified);
// What ids of nodes are made of: http_client of HTTPClientNode, "node" if nothing is left.
[[nodiscard]] std::string id_base(std::string_view type);

struct ExceptionText {
  std::string type;
  std::string message;
};
[[nodiscard]] ExceptionText describe(const std::exception_ptr& exception);

}  // namespace spark::detail

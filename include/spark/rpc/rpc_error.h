// RpcError is an error of JSON-RPC 2.0: what rpc_process throws to answer a call with it, and what a proxy throws for a
// call that was answered with one. A value, as exceptions are.
//
//   throw spark::RpcError(spark::rpc_code::invalid_params, "a name is missing");
//
// Any other exception that leaves rpc_process is answered with internal_error and nothing of its own: what went wrong
// inside is for this process' telemetry, not for callers. So is an RpcError that a proxy threw: the callee's caller
// asked something else.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>

#include "spark/base/error.h"
#include "spark/base/value.h"

namespace spark {

// The codes that the protocol defines; others are the application's, except for -32768 to -32000.
namespace rpc_code {
inline constexpr std::int64_t parse_error = -32700;       // no JSON
inline constexpr std::int64_t invalid_request = -32600;   // JSON, but no request
inline constexpr std::int64_t method_not_found = -32601;  // not served here
inline constexpr std::int64_t invalid_params = -32602;    // not what the method takes
inline constexpr std::int64_t internal_error = -32603;    // the method failed
}  // namespace rpc_code

class RpcError : public Error {
 public:
  // Error::code() is ErrorCode::remote_error.
  RpcError(std::int64_t rpc_code, const std::string& message, Value data = {})
      : Error(ErrorCode::remote_error, message), rpc_code_(rpc_code), data_(std::move(data)) {}

  [[nodiscard]] std::int64_t rpc_code() const noexcept { return rpc_code_; }
  // What the callee added; null if nothing.
  [[nodiscard]] const Value& data() const noexcept { return data_; }
  // It came as an answer, from another process.
  [[nodiscard]] bool is_remote() const noexcept { return is_remote_; }

  // Private to spark.
  [[nodiscard]] RpcError as_remote() const {
    RpcError remote = *this;
    remote.is_remote_ = true;
    return remote;
  }

 private:
  std::int64_t rpc_code_;
  Value data_;
  bool is_remote_ = false;
};

// The result of a call, or the error that it was answered with.
using RpcOutcome = std::variant<Value, RpcError>;

}  // namespace spark

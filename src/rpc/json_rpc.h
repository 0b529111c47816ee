// JSON-RPC 2.0 (https://www.jsonrpc.org/specification) as text and as values, without anything of how it travels: what
// a server makes of a request's bytes and a client of a response's, and the other way round. Pure functions; safe from
// any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "spark/base/value.h"
#include "spark/rpc/rpc_error.h"

namespace spark::rpc {

struct ProtocolLimits {
  std::size_t body_bytes = 4 << 20;        // of a request or a response, batches included
  std::size_t batch = 100;                 // calls in a batch
  std::size_t depth = 64;                  // of nested arrays and objects
  const char* depth_option = "max_depth";  // where it is set, for messages
};

// Those of a server's options, or of a proxy's.
template <class Options>
[[nodiscard]] ProtocolLimits protocol_limits_of(const Options& options, const char* depth_option) {
  ProtocolLimits limits;
  limits.depth_option = depth_option;
  limits.body_bytes = options.max_body_bytes;
  limits.batch = options.max_batch;
  limits.depth = options.max_depth;
  return limits;
}

struct Call {
  std::string method;
  Value params = {};             // an object, an array, or null for none
  std::optional<Value> id = {};  // a string, a number or null; without one it is a notification

  bool operator==(const Call&) const = default;
};

// What is not a call: the error to answer with, and the id if it has one that can be told.
struct Refused {
  Value id = {};
  std::int64_t code = 0;
  std::string message;

  bool operator==(const Refused&) const = default;
};

struct Request {
  bool is_batch = false;
  std::vector<std::variant<Call, Refused>> parts = {};  // one if it is no batch
};

// Never fails: what is no request at all is one part that is refused, and no batch.
[[nodiscard]] Request read_request(std::string_view text, const ProtocolLimits& limits);

struct Answer {
  Value id = {};
  RpcOutcome outcome = Value();
};

// Appends one response object.
void append_answer(std::string& out, const Answer& answer);
// A batch's answers, or the one of a single call.
[[nodiscard]] std::string answers_text(const std::vector<Answer>& answers, bool is_batch);

void append_call(std::string& out, const Call& call);

// The answers in the order in which they came; errors are remote ones. Throws Error(unavailable), saying what is wrong,
// for what is no response: the callee speaks another protocol, or was cut off.
[[nodiscard]] std::vector<Answer> read_answers(std::string_view text, const ProtocolLimits& limits);

// A method's name for messages: quoted, on one line, not more than its first 128 bytes.
[[nodiscard]] std::string shown_method(std::string_view method);

// "req-7", "7"; empty for null.
[[nodiscard]] std::string id_text(const Value& id);

}  // namespace spark::rpc

#include "rpc/json_rpc.h"

#include <cmath>
#include <utility>

#include "spark/base/json.h"
#include "spark/base/utf8.h"

namespace spark::rpc {

namespace {

// An answer must have the very id of its call. Whole numbers that were rounded on the way in would not be that.
bool is_id(const Value& value) noexcept {
  constexpr double largest_exact = 9'007'199'254'740'992;  // 2^53
  if (value.is_double()) return std::abs(value.as_double()) < largest_exact;
  return value.is_null() || value.is_string() || value.is_int();
}

bool is_version_2(const Object& object) noexcept {
  const Value* const version = object.find("jsonrpc");
  return version != nullptr && version->is_string() && version->as_string() == "2.0";
}

Refused refused(Value id, std::int64_t code, std::string message) {
  Refused result;
  result.id = std::move(id);
  result.code = code;
  result.message = std::move(message);
  return result;
}

std::variant<Call, Refused> read_call(Value& value) {
  const auto no_request = [](Value id, const char* why) {
    return refused(std::move(id), rpc_code::invalid_request, std::string("Invalid Request: ") + why);
  };
  if (!value.is_object()) return no_request({}, "a call is an object");
  Object& object = value.as_object();
  Value* const id = object.find("id");
  if (id != nullptr && !is_id(*id)) return no_request({}, "an id is a string, a number that is kept exactly, or null");
  const Value known_id = id != nullptr ? *id : Value();
  if (!is_version_2(object)) return no_request(known_id, "jsonrpc must be \"2.0\"");
  Value* const method = object.find("method");
  if (method == nullptr || !method->is_string()) return no_request(known_id, "method must be a string");
  Call call;
  call.method = std::move(method->as_string());
  if (Value* const params = object.find("params")) {
    if (!params->is_object() && !params->is_array())
      return no_request(known_id, "params must be an object or an array");
    call.params = std::move(*params);
  }
  if (id != nullptr) call.id = std::move(*id);
  return call;
}

std::optional<RpcError> read_error(const Value& value) {
  if (!value.is_object()) return std::nullopt;
  const Object& object = value.as_object();
  const Value *const code = object.find("code"), *const message = object.find("message"),
                     *const data = object.find("data");
  if (code == nullptr || !code->is_int() || message == nullptr || !message->is_string()) return std::nullopt;
  return RpcError(code->as_int(), message->as_string(), data != nullptr ? *data : Value()).as_remote();
}

Answer read_answer(Value& value) {
  const auto fail = [](const char* why) {
    throw Error(ErrorCode::unavailable, std::string("what came is no response of JSON-RPC 2.0: ") + why);
  };
  if (!value.is_object()) fail("it is no object");
  Object& object = value.as_object();
  if (!is_version_2(object)) fail("jsonrpc is not \"2.0\"");
  Value *const id = object.find("id"), *const result = object.find("result"), *const error = object.find("error");
  if (id == nullptr || !is_id(*id)) fail("it has no id");
  // Some send the other one too, as null.
  const bool is_error = error != nullptr && !error->is_null();
  const bool has_result = result != nullptr && !result->is_null();
  if (is_error ? has_result : result == nullptr) fail("it has no outcome, or two");
  Answer answer;
  answer.id = std::move(*id);
  if (!is_error) {
    answer.outcome = std::move(*result);
    return answer;
  }
  std::optional<RpcError> read = read_error(*error);
  if (!read) fail("its error has no code or no message");
  answer.outcome = std::move(*read);
  return answer;
}

// Throws Error(invalid_argument). `around`: the levels of nesting that are not the application's, the envelope's and
// those of a batch.
Value parse(std::string_view text, const ProtocolLimits& limits, std::size_t around, const char* what) {
  if (text.size() > limits.body_bytes) {
    throw Error(ErrorCode::invalid_argument, "it has more than " + std::to_string(limits.body_bytes) + " bytes");
  }
  const std::size_t depth = limits.depth + around;
  try {
    return parse_json(text, static_cast<int>(depth));
  } catch (const Error& error) {
    if (!std::string_view(error.what()).ends_with("nested deeper than " + std::to_string(depth))) throw;
    throw Error(ErrorCode::invalid_argument, std::string(what) + " nested deeper than " + std::to_string(limits.depth) +
                                                 " (" + limits.depth_option + ")");
  }
}

// "[", behind the white space of JSON's.
bool begins_batch(std::string_view text) noexcept {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && text[first] == '[';
}

}  // namespace

Request read_request(std::string_view text, const ProtocolLimits& limits) {
  Request request;
  Value value;
  try {
    value = parse(text, limits, begins_batch(text) ? 2 : 1, "the params are");
  } catch (const Error& error) {
    request.parts.emplace_back(refused({}, rpc_code::parse_error, std::string("Parse error: ") + error.what()));
    return request;
  }
  if (!value.is_array()) {
    request.parts.push_back(read_call(value));
    return request;
  }
  Array& parts = value.as_array();
  if (parts.empty() || parts.size() > limits.batch) {
    const std::string why =
        parts.empty() ? "a batch is not empty" : "a batch has at most " + std::to_string(limits.batch) + " calls";
    request.parts.emplace_back(refused({}, rpc_code::invalid_request, "Invalid Request: " + why));
    return request;
  }
  request.is_batch = true;
  request.parts.reserve(parts.size());
  for (Value& part : parts) request.parts.push_back(read_call(part));
  return request;
}

void append_answer(std::string& out, const Answer& answer) {
  out.append(R"({"jsonrpc":"2.0","id":)");
  append_json(out, answer.id);
  if (const RpcError* const error = std::get_if<RpcError>(&answer.outcome)) {
    out.append(R"(,"error":{"code":)").append(std::to_string(error->rpc_code())).append(R"(,"message":)");
    append_json_string(out, error->what());
    if (!error->data().is_null()) append_json(out.append(R"(,"data":)"), error->data());
    out.append("}}");
    return;
  }
  append_json(out.append(R"(,"result":)"), std::get<Value>(answer.outcome));
  out.append("}");
}

std::string answers_text(const std::vector<Answer>& answers, bool is_batch) {
  std::string text;
  if (answers.empty()) return text;
  if (is_batch) text += '[';
  for (std::size_t i = 0; i < answers.size(); ++i) {
    if (i != 0) text += ',';
    append_answer(text, answers[i]);
  }
  if (is_batch) text += ']';
  return text;
}

void append_call(std::string& out, const Call& call) {
  append_json_string(out.append(R"({"jsonrpc":"2.0","method":)"), call.method);
  if (!call.params.is_null()) append_json(out.append(R"(,"params":)"), call.params);
  if (call.id) append_json(out.append(R"(,"id":)"), *call.id);
  out.append("}");
}

std::vector<Answer> read_answers(std::string_view text, const ProtocolLimits& limits) {
  Value value;
  try {
    // An error has its data one level further in than a result is.
    value = parse(text, limits, begins_batch(text) ? 3 : 2, "the result is");
  } catch (const Error& error) {
    throw Error(ErrorCode::unavailable, std::string("what came is no response of JSON-RPC 2.0: ") + error.what());
  }
  std::vector<Answer> answers;
  if (value.is_array()) {
    for (Value& part : value.as_array()) answers.push_back(read_answer(part));
  } else {
    answers.push_back(read_answer(value));
  }
  return answers;
}

std::string shown_method(std::string_view method) {
  constexpr std::size_t most_shown = 128;
  std::string shown;
  append_json_string(shown, utf8_prefix(method, most_shown));
  return shown;
}

std::string id_text(const Value& id) {
  if (id.is_null()) return {};
  return id.is_string() ? id.as_string() : to_json(id);
}

}  // namespace spark::rpc

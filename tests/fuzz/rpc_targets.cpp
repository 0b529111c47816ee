#include "fuzz/rpc_targets.h"

#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "rpc/json_rpc.h"
#include "spark/base/error.h"
#include "spark/base/utf8.h"
#include "spark/propagation/propagate.h"

namespace spark::testing {
namespace {

void demand(bool is_so, const char* what) {
  if (is_so) return;
  std::fprintf(stderr, "it does not hold that %s\n", what);
  std::abort();
}

rpc::ProtocolLimits small_limits() {
  rpc::ProtocolLimits limits;
  limits.body_bytes = 2'000;
  limits.batch = 5;
  limits.depth = 6;
  return limits;
}

void check_call(const rpc::Call& call) {
  demand(call.params.is_null() || call.params.is_object() || call.params.is_array(), "params are a structure");
  std::string text;
  rpc::append_call(text, call);
  rpc::ProtocolLimits limits;
  limits.depth = 1'000;  // a tagged value is an object more, and texts may grow
  const rpc::Request back = rpc::read_request(text, limits);
  demand(back.parts.size() == 1 && std::holds_alternative<rpc::Call>(back.parts[0]), "a call comes back");
  std::string again;
  rpc::append_call(again, std::get<rpc::Call>(back.parts[0]));
  demand(again == text, "a call comes back as it went");
}

void check_state(const TraceState& state) {
  demand(state.members().size() <= TraceState::max_members, "the members of a tracestate are limited");
  const std::string text = state.to_string();
  demand(text.size() <= TraceState::max_propagated_bytes, "a tracestate is limited");
  demand(text.empty() == state.empty(), "of a tracestate something is passed on");
  const auto back = TraceState::parse(text);
  demand(back.has_value() && back->to_string() == text, "a tracestate comes back");
}

void check_baggage(const Baggage& baggage) {
  demand(baggage.members().size() <= Baggage::max_members, "the members of a baggage are limited");
  const std::string text = baggage.to_string();
  demand(text.size() <= Baggage::max_bytes, "a baggage is limited");
  for (const Baggage::Member& member : baggage.members()) {
    demand(is_storable_utf8(member.value), "values of a baggage are storable");
  }
  const Baggage back = Baggage::parse(text);
  demand(back == baggage && back.left_out() == 0, "a baggage comes back");
}

}  // namespace

void fuzz_json_rpc(std::string_view bytes) {
  const rpc::ProtocolLimits limits = small_limits();
  const rpc::Request request = rpc::read_request(bytes, limits);
  demand(!request.parts.empty() && request.parts.size() <= limits.batch, "a request has parts, and not too many");
  demand(request.is_batch || request.parts.size() == 1, "only a batch has several");
  for (const auto& part : request.parts) {
    if (const auto* const call = std::get_if<rpc::Call>(&part)) check_call(*call);
  }
  try {
    const std::vector<rpc::Answer> answers = rpc::read_answers(bytes, limits);
    rpc::ProtocolLimits wide;
    wide.depth = 1'000;
    const std::string text = rpc::answers_text(answers, true);
    if (!answers.empty()) demand(rpc::read_answers(text, wide).size() == answers.size(), "answers come back");
  } catch (const Error& error) {
    demand(error.code() == ErrorCode::unavailable, "what is no answer is unavailable");
  }
}

void fuzz_headers(std::string_view bytes) {
  std::vector<std::pair<std::string, std::string>> headers;
  while (!bytes.empty()) {
    const std::size_t end = bytes.find('\n');
    const std::string_view line = bytes.substr(0, end);
    bytes = end == std::string_view::npos ? std::string_view() : bytes.substr(end + 1);
    const std::size_t colon = line.find(':');
    if (colon != std::string_view::npos) headers.emplace_back(line.substr(0, colon), line.substr(colon + 1));
  }
  const RemoteContext remote = extract(headers);
  demand(remote.parent || remote.state.empty(), "a tracestate does not come alone");
  check_state(remote.state);
  check_baggage(remote.baggage);
  if (remote.parent) {
    demand(remote.parent->trace_id.is_valid() && remote.parent->span_id.is_valid(), "a parent has ids");
    demand(TraceParent::parse(remote.parent->to_string()).has_value(), "a parent comes back");
  }
  std::map<std::string, std::string> injected;
  {
    const RemoteScope scope(nullptr, remote);
    inject(injected);
  }
  const RemoteContext again = extract(injected);
  demand(again.baggage == remote.baggage, "a baggage is passed on");
  demand(again.parent.has_value() == remote.parent.has_value(), "a parent is passed on");
}

}  // namespace spark::testing

#include "rpc/node_server.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "graph/type_name.h"
#include "spark/async/cancellation.h"
#include "spark/async/executor.h"
#include "spark/async/when_all.h"
#include "spark/base/error.h"
#include "spark/graph/run_state.h"
#include "spark/propagation/propagate.h"

namespace spark::rpc {

namespace {

http::ServerOptions server_options_of(const RpcServerOptions& options) {
  http::ServerOptions result;
  result.host = options.host;
  result.port = options.port;
  result.threads = options.threads;
  if (options.tls) {
    result.tls.emplace();
    result.tls->certificate_file = options.tls->certificate_file;
    result.tls->key_file = options.tls->key_file;
    result.tls->client_ca_file = options.tls->client_ca_file;
  }
  result.limits.body_bytes = options.max_body_bytes;
  result.limits.total_body_bytes = options.max_total_body_bytes;
  result.limits.connections = options.max_connections;
  result.limits.idle_timeout = options.idle_timeout;
  result.limits.body_timeout = options.body_timeout;
  result.limits.write_timeout = options.body_timeout;
  result.on_error = options.on_error;
  return result;
}

// By the names that the options have here, which are not those of the HTTP server.
void check_options(const RpcServerOptions& options) {
  const auto refuse = [](const std::string& what) {
    throw Error(ErrorCode::invalid_argument, "RpcServerOptions::" + what);
  };
  const auto check_count = [&](const char* field, std::uint64_t value, std::uint64_t least, std::uint64_t most) {
    if (value >= least && value <= most) return;
    refuse(std::string(field) + " is " + std::to_string(value) + ", must be from " + std::to_string(least) + " to " +
           std::to_string(most));
  };
  const auto check_time = [&](const char* field, Seconds value) {
    if (!(value > Seconds(0))) refuse(std::string(field) + " must be more than 0 s");
  };
  if (options.host.empty()) refuse("host is empty, must be an address or a name");
  if (options.path.empty() || options.path.front() != '/') {
    refuse("path is \"" + options.path + "\", must begin with a /");
  }
  check_count("threads", options.threads, 1, max_executor_threads);
  check_count("max_body_bytes", options.max_body_bytes, 0, std::uint64_t{1} << 40);
  check_count("max_total_body_bytes", options.max_total_body_bytes, 1, std::uint64_t{1} << 50);
  check_count("max_batch", options.max_batch, 1, 100'000);
  check_count("max_depth", options.max_depth, 1, 1'000);
  check_count("max_connections", options.max_connections, 1, 1'000'000);
  check_time("idle_timeout", options.idle_timeout);
  check_time("body_timeout", options.body_timeout);
  for (const std::string& method : options.methods) {
    if (method.empty()) refuse("methods has an empty name in it");
    // JSON-RPC 2.0, section 4.
    if (method.starts_with("rpc.")) refuse("methods: " + shown_method(method) + " begins with rpc., which is reserved");
  }
}

// Asked for by the content type, so that a page in a browser cannot call without being asked for its origin.
bool is_json(std::string_view content_type) noexcept {
  std::string_view type = content_type.substr(0, content_type.find(';'));
  while (!type.empty() && type.back() == ' ') type.remove_suffix(1);
  return http::equal_without_case(type, "application/json") || http::equal_without_case(type, "application/json-rpc") ||
         http::equal_without_case(type, "application/jsonrequest");
}

const std::string nothing;

}  // namespace

NodeServer::NodeServer(const std::shared_ptr<RpcNode>& node, const RpcServerOptions& options)
    : options_(options), node_(node), limits_(protocol_limits_of(options, "RpcServerOptions::max_depth")) {
  check_options(options_);
  place_.address = options_.host;
  http::ServerOptions http_options = server_options_of(options_);
  http_options.on_connection = [this](bool is_open, std::string_view peer) {
    record_connection(manager(), is_open, peer, place());
  };
  server_.emplace(std::move(http_options), [this](const http::Request& request) { return serve(request); });
  place_.port = server_->port();
  listens_.set_value();
}

const ServerPlace& NodeServer::place() const {
  is_listening_.wait();
  return place_;
}

void NodeServer::report(const std::string& what) const noexcept {
  if (!options_.on_error) return;
  try {
    options_.on_error(what);
  } catch (...) {  // Nobody is left to be told.
  }
}

TelemetryManager* NodeServer::manager() const noexcept {
  return options_.telemetry != nullptr ? options_.telemetry : TelemetryManager::current_or_configured();
}

bool NodeServer::is_served(const std::string& method) const noexcept {
  return options_.methods.empty() ||
         std::find(options_.methods.begin(), options_.methods.end(), method) != options_.methods.end();
}

std::optional<http::Response> NodeServer::refusal(const http::Request& request) const {
  if (request.path() != options_.path) return http::status_response(404);
  if (request.method != "POST") {
    http::Response response = http::status_response(405);
    response.headers.add("Allow", "POST");
    return response;
  }
  const auto type = request.header("Content-Type");
  if (!type || !is_json(*type)) return http::status_response(415);
  if (request.header("Content-Encoding")) return http::status_response(415);
  return std::nullopt;
}

Task<http::Response> NodeServer::serve(const http::Request& request) {
  if (std::optional<http::Response> refused = refusal(request)) co_return std::move(*refused);
  const std::shared_ptr<RpcNode> node = node_.lock();
  if (node == nullptr) co_return http::status_response(503);
  const RemoteContext remote = extract(request.headers.all());
  Request parts = read_request(request.body, limits_);
  std::vector<Answer> answers;
  if (parts.parts.size() == 1) {
    std::optional<Answer> one = co_await answer(std::move(parts.parts.front()), remote, request.peer, node);
    if (one) answers.push_back(std::move(*one));
  } else {
    std::vector<Task<std::optional<Answer>>> tasks;
    tasks.reserve(parts.parts.size());
    for (auto& part : parts.parts) tasks.push_back(answer(std::move(part), remote, request.peer, node));
    std::vector<std::optional<Answer>> all = co_await when_all(std::move(tasks));
    for (std::optional<Answer>& one : all) {
      if (one) answers.push_back(std::move(*one));
    }
  }
  if (answers.empty()) co_return http::Response(204);
  co_return http::Response(200, "application/json", answers_text(answers, parts.is_batch));
}

Task<std::optional<Answer>> NodeServer::answer(std::variant<Call, Refused> part, const RemoteContext& remote,
                                               const std::string& peer, const std::shared_ptr<RpcNode>& node) {
  TelemetryManager* const manager = this->manager();
  const RemoteScope scope(manager, remote);
  Answer answer;
  CallFacts facts;
  if (Refused* const refused = std::get_if<Refused>(&part)) {
    facts.id = &refused->id;
    CallRecording recording(manager, SpanKind::SERVER, place(), facts);
    recording.peer(peer);
    recording.failed(refused->code, refused->message);
    answer.id = std::move(refused->id);
    answer.outcome = RpcError(refused->code, refused->message);
    co_return answer;
  }
  Call& call = std::get<Call>(part);
  const bool is_known = is_served(call.method);
  facts.method = is_known ? std::string_view(call.method) : std::string_view("_OTHER");
  if (!is_known) facts.method_original = call.method;
  if (options_.capture_payloads && !call.params.is_null()) facts.params = &call.params;
  if (call.id) facts.id = &*call.id;
  CallRecording recording(manager, SpanKind::SERVER, place(), facts);
  recording.peer(peer);
  if (is_known) {
    answer.outcome = co_await process(call, peer, *node, recording);
  } else {
    RpcError error(rpc_code::method_not_found, "Method not found");
    recording.failed(error.rpc_code(), error.what());
    answer.outcome = std::move(error);
  }
  if (!call.id) co_return std::nullopt;
  answer.id = std::move(*call.id);
  co_return answer;
}

Task<RpcOutcome> NodeServer::process(const Call& call, const std::string& peer, RpcNode& node,
                                     CallRecording& recording) {
  const Inputs inputs = call.params.is_object() ? call.params.as_object() : Inputs();
  const auto state = std::make_shared<RunState>();
  const std::string type = node.type();
  const std::string& id = node.id().empty() ? type : node.id();
  detail::NodeRun run{.graph_id = nothing,
                      .graph_version = nothing,
                      .node_id = id,
                      .node_type = type,
                      .inputs = inputs,
                      .state = state};
  run.manager = manager();
  run.trace_id = recording.trace_id();
  run.span_id = recording.span_id();
  const detail::RpcCallFacts facts{call.method, peer, !call.id.has_value()};
  RpcContext context(run, facts);
  std::exception_ptr exception;
  try {
    Value result = co_await node.rpc_process(call.params, context);
    recording.finished(options_.capture_payloads ? &result : nullptr);
    co_return result;
  } catch (const RpcError& error) {
    if (!error.is_remote()) {
      recording.failed(error.rpc_code(), error.what(), options_.capture_payloads ? &error.data() : nullptr);
      co_return error;
    }
    exception = std::current_exception();
  } catch (...) {
    exception = std::current_exception();
  }
  if (detail::is_cancellation(exception) && is_cancelled()) {
    recording.failed(exception);
    std::rethrow_exception(exception);
  }
  recording.failed(exception, rpc_code::internal_error);
  report("the call of " + shown_method(call.method) + " failed: " + detail::describe(exception).message);
  co_return RpcError(rpc_code::internal_error, "Internal error");
}

}  // namespace spark::rpc

#include "rpc/instrument.h"

#include <charconv>

#include "graph/type_name.h"
#include "spark/base/error.h"
#include "spark/base/utf8.h"
#include "spark/rpc/rpc_error.h"

namespace spark::rpc {

namespace {

constexpr std::string_view system_name = "jsonrpc", protocol_version = "2.0", unknown_method = "_OTHER";
// Of a method's name, which anybody may write: the spans, events and metrics of a call have it several times.
constexpr std::size_t most_method_bytes = 256;

// What a caller's exception is called where no status came: few names, always the same.
std::string error_type_of(const std::exception_ptr& exception) {
  try {
    std::rethrow_exception(exception);
  } catch (const Error& error) {
    return std::string(to_string(error.code()));
  } catch (...) {
    return detail::describe(exception).type;
  }
}

struct Peer {
  std::string_view address;
  std::uint16_t port = 0;
};

// Of "127.0.0.1:51234" or "[::1]:51234".
Peer peer_of(std::string_view text) noexcept {
  Peer peer;
  const std::size_t colon = text.rfind(':');
  peer.address = text.substr(0, colon);
  if (!peer.address.empty() && peer.address.front() == '[')
    peer.address = peer.address.substr(1, peer.address.size() - 2);
  if (colon != std::string_view::npos) {
    static_cast<void>(std::from_chars(text.data() + colon + 1, text.data() + text.size(), peer.port));
  }
  return peer;
}

}  // namespace

CallRecording::CallRecording(TelemetryManager* manager, SpanKind kind, const ServerPlace& server,
                             const CallFacts& facts) noexcept
    : manager_(manager),
      kind_(kind),
      server_(server),
      name_(!facts.method.empty()  ? utf8_prefix(facts.method, most_method_bytes)
            : facts.batch_size > 0 ? std::string_view("batch")
                                   : system_name),
      has_method_(!facts.method.empty()),
      method_(name_),
      stopwatch_(manager),
      span_(begin_span()) {
  if (manager_ == nullptr) return;
  describe(facts);
  if (kind_ == SpanKind::SERVER) record_event("rpc_request_received", "Received");
}

ActiveSpan CallRecording::begin_span() const noexcept {
  if (manager_ == nullptr) return {};
  return manager_->start_span(name_, {.kind = kind_,
                                      .attributes = {{"rpc.system.name", system_name},
                                                     {"jsonrpc.protocol.version", protocol_version},
                                                     {"server.address", server_.address},
                                                     {"server.port", server_.port}}});
}

void CallRecording::describe(const CallFacts& facts) noexcept {
  if (!span_.is_recording()) return;
  if (has_method_) span_.set_attribute("rpc.method", name_);
  span_.set_attribute("network.protocol.name", "http");
  span_.set_attribute("network.transport", "tcp");
  if (facts.id != nullptr && !facts.id->is_null()) span_.set_attribute("jsonrpc.request.id", id_text(*facts.id));
  if (!facts.method_original.empty()) {
    span_.set_attribute("rpc.method_original", utf8_prefix(facts.method_original, most_method_bytes));
  }
  if (facts.params != nullptr) span_.set_attribute("rpc.request.payload", *facts.params);
  if (facts.batch_size > 0) span_.set_attribute("rpc.batch.size", facts.batch_size);
  if (kind_ == SpanKind::CLIENT) span_.set_attribute("attempt", facts.attempt);
}

CallRecording::~CallRecording() {
  if (has_ended_ || manager_ == nullptr) return;
  span_.set_status(SpanStatus::cancelled, "its coroutine was destroyed while suspended");
  end("cancelled", {});
}

void CallRecording::peer(std::string_view address, std::uint16_t port) noexcept {
  if (address.empty()) return;
  span_.set_attribute("network.peer.address", address);
  span_.set_attribute("network.peer.port", port);
  if (kind_ == SpanKind::CLIENT) return;
  span_.set_attribute("client.address", address);
  span_.set_attribute("client.port", port);
}

void CallRecording::peer(std::string_view address_and_port) noexcept {
  const Peer parts = peer_of(address_and_port);
  peer(parts.address, parts.port);
}

void CallRecording::finished(const Value* result) noexcept {
  if (manager_ == nullptr) return;
  if (result != nullptr) span_.set_attribute("rpc.response.payload", *result);
  end({}, {});
}

void CallRecording::failed(std::int64_t code, std::string_view message, const Value* data) noexcept {
  if (manager_ == nullptr) return;
  if (data != nullptr && !data->is_null()) span_.set_attribute("rpc.response.error.data", *data);
  const std::string status = std::to_string(code);
  span_.record_error(status, message);
  if (kind_ == SpanKind::SERVER && code == rpc_code::method_not_found && method_ != unknown_method) {
    // What callers make up must not become series of metrics.
    method_ = unknown_method;
    span_.set_attribute("rpc.method", unknown_method);
    span_.set_attribute("rpc.method_original", name_);
  }
  end(status, status);
}

void CallRecording::failed(const std::exception_ptr& exception, std::int64_t code) noexcept {
  if (manager_ == nullptr) return;
  const detail::ExceptionText text = detail::describe(exception);
  if (detail::is_cancellation(exception)) {
    span_.set_status(SpanStatus::cancelled, text.message);
    return end("cancelled", {});
  }
  const std::string status = code != 0 ? std::to_string(code) : std::string();
  const std::string type = code != 0 ? status : error_type_of(exception);
  span_.add_event("exception", {{"exception.type", text.type}, {"exception.message", text.message}});
  span_.record_error(type, text.message);
  end(type, status);
}

void CallRecording::record_event(Text type, std::string_view what, std::string_view error_type,
                                 std::string_view status_code) noexcept {
  Object attributes{{"rpc.method", name_}};
  if (!error_type.empty()) attributes.set("error.type", error_type);
  if (!status_code.empty()) attributes.set("rpc.response.status_code", status_code);
  const std::string name = name_ + " " + std::string(what);
  EventOptions event;
  event.trace_id = span_.trace_id();
  event.event_type = type;
  event.name = name;
  event.attributes = attributes;
  event.span_id = span_.span_id();
  manager_->record_event(event);
}

void CallRecording::end(std::string_view error_type, std::string_view status_code) noexcept {
  has_ended_ = true;
  if (!status_code.empty()) span_.set_attribute("rpc.response.status_code", status_code);
  const bool is_server = kind_ == SpanKind::SERVER;
  if (is_server) {
    const char* const what = error_type.empty() ? "Completed" : error_type == "cancelled" ? "Cancelled" : "Failed";
    record_event("rpc_request_completed", what, error_type, status_code);
  }
  Object attributes{
      {"rpc.system.name", system_name}, {"server.address", server_.address}, {"server.port", server_.port}};
  if (has_method_) attributes.set("rpc.method", method_);
  if (!error_type.empty()) attributes.set("error.type", error_type);
  if (!status_code.empty()) attributes.set("rpc.response.status_code", status_code);
  MetricOptions duration;
  duration.name = is_server ? Text("rpc.server.call.duration") : Text("rpc.client.call.duration");
  duration.value = stopwatch_.seconds();
  duration.unit = "s";
  duration.aggregation_type = AggregationType::histogram;
  duration.trace_id = span_.trace_id();
  duration.attributes = attributes;
  manager_->record_metric(duration);
  span_.end();
}

void record_connection(TelemetryManager* manager, bool is_open, std::string_view peer,
                       const ServerPlace& server) noexcept {
  if (manager == nullptr) return;
  const Peer client = peer_of(peer);
  EventOptions event;
  event.event_type = is_open ? Text("rpc_connection_opened") : Text("rpc_connection_closed");
  event.name = is_open ? Text("Connection Opened") : Text("Connection Closed");
  const Object attributes{{"client.address", client.address},
                          {"client.port", client.port},
                          {"server.address", server.address},
                          {"server.port", server.port}};
  event.attributes = attributes;
  manager->record_event(event);
}

}  // namespace spark::rpc

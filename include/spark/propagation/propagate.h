// How a trace, and what travels with it, crosses a process' border by a transport of one's own: inject() writes what
// the callee must know into a carrier, extract() reads it there, RemoteScope lets the callee's work hang below it.
//
//   // the caller                                     // the callee
//   std::map<std::string, std::string> headers;       const RemoteContext remote = extract(headers);
//   auto span = manager.start_span("send", client);   const RemoteScope scope(&manager, remote);
//   inject(headers);                                  auto span = manager.start_span("receive", server);
//
// RPC (spark/rpc.h) does both by itself. A scope belongs to the thread or coroutine that makes it; the functions are
// safe from any thread.
#pragma once

#include <concepts>
#include <cstdint>
#include <ranges>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "spark/propagation/remote_context.h"
#include "spark/telemetry/context.h"
#include "spark/telemetry/manager.h"

namespace spark {

// The headers for a call from `context`: "traceparent" and, where there is something in them, "tracestate" and
// "baggage". Without a trace the caller's own headers are passed on as they came; without those there is no
// traceparent.
[[nodiscard]] std::vector<std::pair<std::string_view, std::string>> propagation_headers(
    const TelemetryContext& context = TelemetryContext::current());

// What goes with calls from here.
[[nodiscard]] Baggage current_baggage();

// A map of names and values, or whatever takes them one by one.
template <class Carrier>
concept MapCarrier = requires(Carrier& carrier, std::string text) {
  carrier.insert_or_assign(text, text);
};
template <class Carrier>
concept SetterCarrier = std::invocable<Carrier&, std::string_view, std::string>;

template <MapCarrier Carrier>
void inject(Carrier& carrier, const TelemetryContext& context = TelemetryContext::current()) {
  for (auto& [name, value] : propagation_headers(context))
    carrier.insert_or_assign(std::string(name), std::move(value));
}
template <SetterCarrier Carrier>
void inject(Carrier&& set, const TelemetryContext& context = TelemetryContext::current()) {
  for (auto& [name, value] : propagation_headers(context)) set(name, std::move(value));
}

// Of any range of pairs of names and values, in which a name may be there several times. Never fails.
template <class Carrier>
requires std::ranges::input_range<const Carrier&>
[[nodiscard]] RemoteContext extract(const Carrier& carrier) {
  RemoteContextReader reader;
  for (const auto& [name, value] : carrier) reader.add(name, value);
  return reader.finish();
}

namespace detail {

// Keeps what travels under a number that contexts name, for as long as this lives. A context that outlives it has
// nothing to pass on.
class Carried {
 public:
  Carried(RemoteContext content, const TelemetryContext& below);
  ~Carried();
  Carried(const Carried&) = delete;
  Carried& operator=(const Carried&) = delete;

  [[nodiscard]] std::uint64_t number() const noexcept { return number_; }

 private:
  std::uint64_t number_;
};

}  // namespace detail

// While it lives, spans that begin here are children of the caller's span, the caller's decision to sample holds, and
// calls from here, and from branches that begin here, pass on its tracestate and baggage. Without a parent in it, the
// trace that is current goes on, and only the baggage counts. A null manager records nothing, and the headers are
// passed on.
class [[nodiscard]] RemoteScope {
 public:
  RemoteScope(TelemetryManager* manager, RemoteContext remote);
  RemoteScope(const RemoteScope&) = delete;
  RemoteScope& operator=(const RemoteScope&) = delete;

 private:
  const bool has_parent_;
  RemoteTrace trace_;
  detail::Carried carried_;
  ContextScope scope_;
};

// While it lives, this baggage goes with calls from here instead of what went before.
class [[nodiscard]] BaggageScope {
 public:
  explicit BaggageScope(Baggage baggage);
  BaggageScope(const BaggageScope&) = delete;
  BaggageScope& operator=(const BaggageScope&) = delete;

 private:
  detail::Carried carried_;
  ContextScope scope_;
};

}  // namespace spark

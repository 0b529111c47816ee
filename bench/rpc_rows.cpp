// What RPC costs: a call's way there and back with tracing on both sides and without, how many of them one core on each
// side makes, and what of a trace it takes to leave a process and enter one. The service and its caller are one
// process.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "cpu_time.h"
#include "harness.h"
#include "spark/async.h"
#include "spark/propagation.h"
#include "spark/rpc.h"
#include "statistics.h"

namespace spark::bench {
namespace {

using RpcClock = std::chrono::steady_clock;

class AddNode final : public RpcNode {
 public:
  using RpcNode::RpcNode;
  Task<Value> rpc_process(const Value& params, RpcContext&) override {
    co_return params.as_object().at("a").as_int() + params.as_object().at("b").as_int();
  }
};

// A service and a proxy for it, with a manager each.
class Pair {
 public:
  explicit Pair(const TelemetryConfig& config) : callee_(config), caller_(config) {
    RpcServerOptions server;
    server.threads = 1;
    server.telemetry = &callee_;
    service_ = make_node<AddNode>(server);
    service_->start_server();
    RpcProxyOptions options;
    options.endpoint = service_->endpoint();
    options.telemetry = &caller_;
    proxy_ = make_node<RemoteRpcProxyNode>(options);
  }
  ~Pair() { service_->stop(); }

  // Calls a second, of `branches` at once.
  double at_once(int branches, int calls) {
    const auto begin = RpcClock::now();
    std::vector<Task<void>> tasks;
    for (int i = 0; i < branches; ++i) tasks.push_back(chain(calls / branches));
    sync_wait(when_all(std::move(tasks)));
    return calls / std::chrono::duration<double>(RpcClock::now() - begin).count();
  }
  void flush() {
    if (!caller_.flush().complete() || !callee_.flush().complete())
      throw std::runtime_error("a flush did not complete");
    if (caller_.stats().dropped() + callee_.stats().dropped() != 0) throw std::runtime_error("records were dropped");
  }

 private:
  Task<void> chain(int calls) {
    for (int i = 0; i < calls; ++i) {
      Value params = Object{{"a", i}, {"b", 1}};
      const Value sum = co_await proxy_->call("add", std::move(params));
      if (sum != Value(i + 1)) throw std::runtime_error("a call has a wrong result");
    }
  }

  TelemetryManager callee_, caller_;
  std::shared_ptr<AddNode> service_;
  std::shared_ptr<RemoteRpcProxyNode> proxy_;
};

// Of calls that overlap. Between calls in turn both cores sleep, and what it takes to wake them, half of such a call
// and more, depends on what else keeps them awake: measured so, tracing cost from -56 % to 101 % on one machine.
std::vector<Result> roundtrip_overhead(const Options& options) {
  const int calls = 2'000, branches = 16, blocks = options.quick ? 10 : 60;
  Pair on(TelemetryConfig::create_memory()), off(TelemetryConfig::create_noop());
  on.at_once(branches, calls);
  off.at_once(branches, calls);
  std::vector<double> ratios, with, without;
  for (int i = 0; i < blocks; ++i) {
    // Which one is first changes, so that what the machine does in between is no one's.
    double traced = 0, plain = 0;
    if (i % 2 == 0) traced = on.at_once(branches, calls);
    plain = off.at_once(branches, calls);
    if (i % 2 != 0) traced = on.at_once(branches, calls);
    on.flush();
    ratios.push_back(100 * (plain / traced - 1));
    with.push_back(1e6 / traced);
    without.push_back(1e6 / plain);
  }
  Result result{.name = "rpc_roundtrip_overhead", .value = median(std::move(ratios)), .unit = "%"};
  char note[160];
  std::snprintf(note, sizeof note,
                "%.1f µs a call with tracing on both sides, %.1f without; %d pairs of blocks of %d calls, %d at once",
                median(std::move(with)), median(std::move(without)), blocks, calls, branches);
  result.note = note;
  return {result};
}

std::vector<Result> requests_per_s(const Options& options) {
  const int calls = options.quick ? 4'000 : 20'000, branches = 16;
  Pair on(TelemetryConfig::create_memory());
  on.at_once(branches, calls / 4);
  on.flush();
  std::vector<double> rates;
  for (int i = 0; i < 5; ++i) {
    rates.push_back(on.at_once(branches, calls));
    on.flush();
  }
  Result result{.name = "rpc_requests_per_s", .value = median(std::move(rates)), .unit = "1/s"};
  result.target = 5'000;
  result.better = Result::Better::higher;
  result.note = "tracing on both sides; one thread a side, " + std::to_string(branches) + " calls at once";
  return {result};
}

std::vector<Result> inject_extract(const Options& options) {
  const int count = options.quick ? 10'000 : 100'000;
  TelemetryManager manager(TelemetryConfig::create_memory());
  const std::map<std::string, std::string> came{
      {"traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"},
      {"tracestate", "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE"},
      {"baggage", "userId=alice,serverNode=DF%2028"}};
  const RemoteScope scope(&manager, extract(came));
  auto span = manager.start_span("work");
  std::vector<double> ns;
  for (int i = 0; i < 9; ++i) {
    const std::int64_t begin = thread_cpu_ns();
    for (int n = 0; n < count; ++n) {
      std::map<std::string, std::string> headers;
      inject(headers);
      if (extract(headers).parent->span_id != span.span_id()) throw std::runtime_error("another span arrived");
    }
    ns.push_back(static_cast<double>(thread_cpu_ns() - begin) / count);
  }
  Result result{.name = "inject_extract", .value = median(std::move(ns)), .unit = "ns"};
  result.target = 2'000;
  result.note = "into a map and out of it; traceparent, tracestate and baggage of two members each";
  return {result};
}

}  // namespace

void add_rpc_rows(std::vector<Row>& rows) {
  rows.push_back({{"rpc_roundtrip_overhead"}, roundtrip_overhead});
  rows.push_back({{"rpc_requests_per_s"}, requests_per_s});
  rows.push_back({{"inject_extract"}, inject_extract});
}

}  // namespace spark::bench

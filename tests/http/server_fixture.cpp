#include "http/server_fixture.h"

#include <chrono>
#include <cstdlib>
#include <new>
#include <thread>

#include "spark/async/sleep.h"

namespace spark::testing {

using namespace std::chrono_literals;

bool eventually(const std::function<bool()>& holds) {
  for (int i = 0; i < 6'000; ++i) {
    if (holds()) return true;
    std::this_thread::sleep_for(5ms);
  }
  return false;
}

http::Server& HttpServerTest::start(http::ServerOptions options) {
  server_.reset();
  is_gate_open_ = false;
  options.on_error = [this](std::string_view what) {
    const std::lock_guard lock(mutex_);
    reports_.emplace_back(what);
  };
  server_ = std::make_unique<http::Server>(std::move(options),
                                           [this](const http::Request& request) { return handle(request); });
  return *server_;
}

std::vector<std::string> HttpServerTest::reports() {
  const std::lock_guard lock(mutex_);
  return reports_;
}

bool HttpServerTest::answers() {
  RawClient client = connect();
  return client.ask(post("/echo", "are you there?")).body == "are you there?";
}

Task<void> HttpServerTest::wait_at_gate() {
  struct Waiting {
    explicit Waiting(std::atomic<int>& its_count) : count(its_count) { ++count; }
    ~Waiting() { --count; }
    std::atomic<int>& count;
  };
  const Waiting waiting(waiting_);
  try {
    while (!is_gate_open_) co_await sleep_for(2ms);
  } catch (...) {
    ++cancelled_;
    throw;
  }
}

Task<http::Response> HttpServerTest::handle(const http::Request& request) {
  const std::string path(request.path());
  if (path == "/wait") co_await wait_at_gate();
  if (path == "/throw") throw std::runtime_error("the secret is opensesame");
  if (path == "/throw-int") throw 42;
  if (path == "/no-memory") throw std::bad_alloc();
  if (path == "/none") co_return http::Response(204);
  if (path == "/missing") co_return http::status_response(404);
  if (path == "/big") {
    const std::string count(request.query());
    co_return http::Response(200, "text/plain", std::string(std::strtoul(count.c_str(), nullptr, 10), 'x'));
  }
  if (path == "/bad-header") {
    http::Response response(200);
    response.headers.add("X-Split", "one\r\nSet-Cookie: two");
    co_return response;
  }
  if (path == "/show") {
    std::string shown = request.method + " " + path + " ?" + std::string(request.query()) + " 1." +
                        std::to_string(request.minor_version) + (request.is_encrypted ? " tls" : "") + "\n";
    for (const auto& [name, value] : request.headers.all()) shown += name + "=" + value + "\n";
    co_return http::Response(200, "text/plain", shown + request.body);
  }
  http::Response response(200, "text/plain", request.body);
  if (request.header("X-Close")) response.closes_connection = true;
  co_return response;
}

}  // namespace spark::testing

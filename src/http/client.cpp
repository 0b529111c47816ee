#include "http/client.h"

#include <openssl/ssl.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/ssl/context.hpp>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "async/executor_state.h"
#include "async/time_after.h"
#include "http/client_connection.h"
#include "http/idle_connections.h"
#include "http/tls.h"
#include "spark/async/executor.h"
#include "spark/async/with_timeout.h"
#include "spark/base/error.h"

namespace spark::http {

namespace {

std::uint64_t next_client_number() noexcept {
  static std::atomic<std::uint64_t> last{0};
  return ++last;
}

}  // namespace

class ClientState {
 public:
  ClientState(Url its_url, ClientOptions its_options)
      : url(std::move(its_url)), options(std::move(its_options)), number_(next_client_number()) {
    if (url.is_encrypted) tls_.emplace(make_tls_context(options.tls));
  }
  ~ClientState() {
    for (const auto& weak : pools_) {
      if (const auto pool = weak.lock()) pool->forget(number_);
    }
  }

  // A connection that has carried the request.
  Task<std::unique_ptr<ClientConnection>> ask(const std::string& method, const Headers& headers,
                                              const std::string& body, Progress& progress) {
    detail::ExecutorState* const executor = detail::ExecutorState::current();
    if (executor == nullptr) throw Error(ErrorCode::invalid_argument, "an HTTP request outside of any executor");
    const std::shared_ptr<IdleConnections> idle = pool_of(executor->context());
    const std::string bytes = request_bytes(method, headers, body);
    std::unique_ptr<ClientConnection> connection = idle->take(
        number_, executor->clock().steady_now(), detail::time_after(std::chrono::nanoseconds(0), options.idle_timeout));
    progress.is_new_connection = connection == nullptr;
    if (connection == nullptr) {
      connection = std::make_unique<ClientConnection>(executor->context(), tls_ ? &*tls_ : nullptr);
      auto opening = connection->open(url, options.tls.verify);
      auto opened = with_timeout(std::move(opening), options.connect_timeout, "the connection to " + url.authority());
      co_await std::move(opened);
    }
    progress.peer_address = connection->peer().address().to_string();
    progress.peer_port = connection->peer().port();
    co_await connection->write(bytes, progress);
    co_return connection;
  }

  // Of a response that is done.
  void give_back(std::unique_ptr<ClientConnection> connection) {
    detail::ExecutorState* const executor = detail::ExecutorState::current();
    if (executor == nullptr || !connection->stays_open()) return;
    pool_of(executor->context())
        ->give(number_, std::move(connection), executor->clock().steady_now(), options.idle_connections);
  }

  [[nodiscard]] std::size_t idle_connections() const {
    const std::lock_guard lock(mutex_);
    std::size_t count = 0;
    for (const auto& weak : pools_) {
      if (const auto pool = weak.lock()) count += pool->count(number_);
    }
    return count;
  }

  const Url url;
  const ClientOptions options;

 private:
  std::shared_ptr<IdleConnections> pool_of(boost::asio::io_context& context) {
    const std::shared_ptr<IdleConnections> pool = IdleConnections::of(context);
    const std::lock_guard lock(mutex_);
    const auto is_this = [&pool](const std::weak_ptr<IdleConnections>& weak) { return weak.lock() == pool; };
    if (std::any_of(pools_.begin(), pools_.end(), is_this)) return pool;
    std::erase_if(pools_, [](const std::weak_ptr<IdleConnections>& weak) { return weak.expired(); });
    pools_.push_back(pool);
    return pool;
  }

  [[nodiscard]] std::string request_bytes(const std::string& method, const Headers& headers,
                                          const std::string& body) const {
    std::string bytes = method + " " + url.target + " HTTP/1.1\r\nHost: " + url.authority() + "\r\n";
    for (const auto& [name, value] : headers.all()) {
      const bool breaks_out = (name + value).find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos;
      if (breaks_out) throw Error(ErrorCode::invalid_argument, "a request's header has a line's end in it");
      bytes.append(name).append(": ").append(value).append("\r\n");
    }
    bytes.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n\r\n").append(body);
    return bytes;
  }

  const std::uint64_t number_;
  std::optional<boost::asio::ssl::context> tls_;
  mutable std::mutex mutex_;
  std::vector<std::weak_ptr<IdleConnections>> pools_;  // that have, or had, connections of this client
};

class OpenResponse {
 public:
  OpenResponse(std::shared_ptr<ClientState> state, std::unique_ptr<ClientConnection> connection,
               std::string_view method)
      : parser(method, state->options.header_bytes, state->options.body_bytes),
        state_(std::move(state)),
        connection_(std::move(connection)) {}

  // The connection is for others once the response is done.
  Task<void> read_some() {
    co_await connection_->read_some(parser);
    if (is_done()) state_->give_back(std::move(connection_));
  }
  [[nodiscard]] bool is_done() const noexcept { return parser.state() == ResponseParser::State::done; }

  ResponseParser parser;

 private:
  std::shared_ptr<ClientState> state_;
  std::unique_ptr<ClientConnection> connection_;
};

ResponseStream::ResponseStream(std::unique_ptr<OpenResponse> open) noexcept : open_(std::move(open)) {}
ResponseStream::ResponseStream(ResponseStream&&) noexcept = default;
ResponseStream& ResponseStream::operator=(ResponseStream&&) noexcept = default;
ResponseStream::~ResponseStream() = default;

int ResponseStream::status() const noexcept { return open_->parser.response().status; }
const Headers& ResponseStream::headers() const noexcept { return open_->parser.response().headers; }

Task<std::string> ResponseStream::next() {
  for (;;) {
    std::string piece = open_->parser.take_body();
    if (!piece.empty() || open_->is_done()) co_return piece;
    co_await open_->read_some();
  }
}

Client::Client(Url url, ClientOptions options)
    : state_(std::make_shared<ClientState>(std::move(url), std::move(options))) {}
Client::~Client() = default;

Task<Response> Client::send(std::string method, Headers headers, std::string body, Progress& progress) {
  std::unique_ptr<ClientConnection> connection = co_await state_->ask(method, headers, body, progress);
  OpenResponse open(state_, std::move(connection), method);
  try {
    while (!open.is_done()) co_await open.read_some();
  } catch (...) {
    progress.is_too_large = open.parser.is_too_large();
    throw;
  }
  co_return std::move(open.parser.response());
}

Task<ResponseStream> Client::open(std::string method, Headers headers, std::string body, Progress& progress) {
  std::unique_ptr<ClientConnection> connection = co_await state_->ask(method, headers, body, progress);
  auto open = std::make_unique<OpenResponse>(state_, std::move(connection), method);
  while (!open->parser.has_head()) co_await open->read_some();
  co_return ResponseStream(std::move(open));
}

const Url& Client::url() const noexcept { return state_->url; }
std::size_t Client::idle_connections() const { return state_->idle_connections(); }

}  // namespace spark::http

// Shared is what all connections of one server use. Owned by the server, outlives its connections; safe from any
// thread.
#pragma once

#include <atomic>
#include <boost/asio/ssl/context.hpp>
#include <optional>
#include <string_view>
#include <utility>

#include "http/body_budget.h"
#include "http/options.h"
#include "http/server.h"
#include "http/stats.h"
#include "http/tls.h"

namespace spark::http {

struct Shared {
  Shared(ServerOptions its_options, Server::Handler its_handler)
      : options(std::move(its_options)), handler(std::move(its_handler)), budget(options.limits.total_body_bytes) {
    if (options.tls) tls.emplace(make_tls_context(*options.tls));
  }

  // Tells whoever made the server what a client must not see.
  void report(std::string_view what) const noexcept {
    if (!options.on_error) return;
    try {
      options.on_error(what);
    } catch (...) {  // Nobody is left to be told.
    }
  }

  void tell_of_connection(bool is_open, std::string_view peer) const noexcept {
    if (!options.on_connection) return;
    try {
      options.on_connection(is_open, peer);
    } catch (...) {  // As for errors.
    }
  }

  const ServerOptions options;
  const Server::Handler handler;
  std::optional<boost::asio::ssl::context> tls;
  Counters counters;
  BodyBudget budget;
  std::atomic<bool> is_stopping{false};
};

}  // namespace spark::http

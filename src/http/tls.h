// TLS of servers, with their certificate and whom they let in, and of clients, with whom they trust.
#pragma once

#include <boost/asio/ssl/context.hpp>

#include "http/client.h"
#include "http/options.h"

namespace spark::http {

// TLS 1.2 and later. Throws Error(not_found, permission_denied, invalid_argument) that names the file at fault; never
// asks a terminal for the password of a key.
[[nodiscard]] boost::asio::ssl::context make_tls_context(const TlsOptions& options);
[[nodiscard]] boost::asio::ssl::context make_tls_context(const ClientTlsOptions& options);

}  // namespace spark::http

// The server's side of TLS: its certificate, and whom it lets in.
#pragma once

#include <boost/asio/ssl/context.hpp>

#include "http/options.h"

namespace spark::http {

// TLS 1.2 and later. Throws Error(not_found, permission_denied, invalid_argument) that names the file at fault; never
// asks a terminal for the password of a key.
[[nodiscard]] boost::asio::ssl::context make_tls_context(const TlsOptions& options);

}  // namespace spark::http

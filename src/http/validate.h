// What a server's options must be like.
#pragma once

#include "http/options.h"
#include "http/server.h"

namespace spark::http {

// Throws Error(invalid_argument) that names field and value.
void validate(const ServerOptions& options, const Server::Handler& handler);

}  // namespace spark::http

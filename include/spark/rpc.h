// Everything of rpc/: nodes that serve calls, nodes that make them, and the errors of both.
#pragma once

#include "spark/rpc/remote_rpc_proxy_node.h"
#include "spark/rpc/rpc_context.h"
#include "spark/rpc/rpc_error.h"
#include "spark/rpc/rpc_node.h"

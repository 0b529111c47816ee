#!/usr/bin/env python3
"""The far end of the row otlp_grpc_spans_per_s: takes every unary call and answers with an empty message.

Prints its port; ends when its standard input does.
"""

import sys
from concurrent import futures

import grpc


class AnyMethod(grpc.GenericRpcHandler):
    def service(self, call_details):
        return grpc.unary_unary_rpc_method_handler(lambda request, context: b"")


server = grpc.server(futures.ThreadPoolExecutor(max_workers=2), options=[("grpc.max_receive_message_length", 64 << 20)])
server.add_generic_rpc_handlers((AnyMethod(),))
print(server.add_insecure_port("127.0.0.1:0"), flush=True)
server.start()
sys.stdin.read()
server.stop(None)
